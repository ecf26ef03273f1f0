import { ask, queryValue } from './address.ts';

/** The script of the graph's page: finds stages by name, and zooms the drawing. */
const tools = document.getElementById('graph-tools');
const drawing = document.querySelector<SVGSVGElement>('.graph svg');
if (tools instanceof HTMLFormElement && drawing !== null) startGraph(tools, drawing);

function startGraph(form: HTMLFormElement, svg: SVGSVGElement): void {
  const find = form.elements.namedItem('find') as HTMLInputElement;
  const zoom = form.elements.namedItem('zoom') as HTMLSelectElement;
  const status = form.querySelector('[role=status]')!;
  const boxes = [...svg.querySelectorAll('a')];
  const stages = [...document.querySelectorAll<HTMLDetailsElement>('details.stage')];
  const width = svg.width.baseVal.value;
  const ownName = (of: Element) => of.querySelector('text, h3')?.textContent.toLowerCase() ?? '';

  const search = () => {
    const wanted = find.value.trim().toLowerCase();
    const isFound = (of: Element) => ownName(of).includes(wanted);
    // What lies between boxes steps back with them.
    svg.classList.toggle('searched', wanted !== '');
    for (const box of boxes) box.classList.toggle('found', wanted !== '' && isFound(box));
    for (const stage of stages) {
      const within = [stage, ...stage.querySelectorAll('details.stage')];
      stage.hidden = !within.some(isFound);
    }
    const count = boxes.filter(isFound).length;
    status.textContent = wanted === '' ? '' : `${count} of ${boxes.length} boxes`;
    if (wanted !== '')
      svg.querySelector('.found')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  };
  const scale = () => {
    const factor = Number(zoom.value);
    svg.style.width = factor > 0 ? `${factor * width}px` : '';
    svg.classList.toggle('fitted', !(factor > 0));
  };
  form.addEventListener('submit', (event) => event.preventDefault());
  find.addEventListener('input', () => {
    ask({ find: find.value });
    search();
  });
  zoom.addEventListener('change', () => {
    ask({ zoom: zoom.value });
    scale();
  });
  find.value = queryValue('find');
  zoom.value = queryValue('zoom');
  search();
  scale();
}
