import type { TableProps } from './gallery-cells.ts';
import type { LoadedMap } from './image-map.ts';
import { type MapChoice, MapPanel } from './map-panel.tsx';

interface GalleryMapProps extends TableProps, MapChoice {
  /** The stages that made one. */
  readonly maps: readonly string[];
  readonly map: LoadedMap;
}

/** Stands for no map in the address: no stage has this name. */
const none = '-';

/** The map of a gallery, with the choice among those of its run. */
export function GalleryMap({ maps, map, ...props }: GalleryMapProps) {
  if (maps.length === 0) return null;
  const { view, change } = props;
  const choice = (
    <label class="small">
      Map{' '}
      <select
        value={view.map === '' ? maps[0] : view.map}
        onChange={({ currentTarget }) =>
          change({ map: currentTarget.value, layout: '', lasso: '', near: '' })
        }
      >
        {maps.map((name) => (
          <option key={name}>{name}</option>
        ))}
        <option value={none}>none</option>
      </select>
    </label>
  );
  if (typeof map !== 'object' || map.placed === 0) {
    const text = typeof map === 'string' ? map : 'Loading the map …';
    const why = map === undefined && view.map === none ? '' : text;
    return (
      <p class="line small">
        {choice} {typeof map === 'object' ? 'This map has none of these images.' : why}
      </p>
    );
  }
  return (
    <MapPanel {...props} map={map}>
      {choice}
    </MapPanel>
  );
}
