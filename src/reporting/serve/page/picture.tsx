import type { TableProps } from './gallery-cells.ts';

interface PictureProps extends TableProps {
  readonly row: number;
  readonly form: 'thumb' | 'image';
}

/** Where an image is; undefined where the run has none. */
function addressOf({ table, cell, row, form }: PictureProps): string | undefined {
  if (table.files !== undefined) return table.files[row]?.[form];
  const index = table.indexes[row]!;
  if (index < 0 || table.dataset === undefined) return undefined;
  return `/${form}/${table.dataset}/${encodeURIComponent(String(cell('split', row)))}/${index}`;
}

/** An image as its data set has it. */
export function Picture({ table, cell, row, form }: PictureProps) {
  const src = addressOf({ table, cell, row, form });
  if (src === undefined) return <span class="missing">no image</span>;
  return (
    <img
      src={src}
      alt={form === 'thumb' ? '' : String(cell('key', row))}
      // Few pixels stay squares when they are enlarged.
      onLoad={({ currentTarget: image }) =>
        image.classList.toggle('small', image.naturalWidth * 2 <= image.clientWidth)
      }
      decoding="async"
      fetchpriority={form === 'thumb' ? 'auto' : 'high'}
    />
  );
}
