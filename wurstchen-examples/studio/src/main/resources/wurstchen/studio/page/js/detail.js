// The window of one picture: how it was made, and what can be made of it.
import { el } from './dom.js';

const HIDDEN = ['prompt', 'model-sha256'];

/** @param actions has again, edit, vary, begin, mask, remove and beside, each taking the picture */
export function showDetail(picture, actions) {
  const { settings } = picture;
  const end = () => { dialog.close(); dialog.remove(); };
  const button = (id, text, action, className = '') =>
    el('button', { type: 'button', id, className, onclick: () => { end(); action(picture); } }, text);
  const rows = Object.entries(settings)
    .filter(([name, value]) => !HIDDEN.includes(name) && value !== '')
    .flatMap(([name, value]) => [el('dt', {}, name.replaceAll('-', ' ')), el('dd', {}, shortened(value))]);
  const move = by => {
    const next = actions.beside(picture, by);
    if (next) {
      end();
      showDetail(next, actions);
    }
  };
  const dialog = el('dialog', {
    id: 'detail', 'aria-label': `Picture: ${settings.prompt}`, onclose: () => dialog.remove(),
    onkeydown: event => { if (event.key === 'ArrowLeft') move(-1); else if (event.key === 'ArrowRight') move(1); },
    onclick: event => { if (event.target === dialog) end(); },
  },
    el('div', { className: 'detail' },
      el('a', { href: picture.url, target: '_blank', rel: 'noopener' }, el('img', { src: picture.url, alt: settings.prompt || 'The picture' })),
      el('div', {},
        el('button', { type: 'button', className: 'quiet close', 'aria-label': 'Close', onclick: end }, '✕'),
        el('h2', {}, settings.prompt || 'Without a prompt'),
        el('p', { className: 'soft' }, new Date(picture.made).toLocaleString()),
        el('div', { className: 'actions' },
          button('again', 'Draw again', actions.again, 'primary'),
          button('edit', 'Edit settings', actions.edit),
          actions.image ? button('variations', 'Variations', actions.vary) : null,
          actions.image ? button('begin', 'Begin with it', actions.begin) : null,
          actions.image ? button('repaint', 'Paint over it', actions.mask) : null,
          el('a', { className: 'button', id: 'download', href: picture.url, download: `${picture.id}.png` }, 'Download'),
          button('delete', 'Delete', actions.remove)),
        el('dl', {}, ...rows))));
  document.body.append(dialog);
  dialog.showModal();
}

function shortened(value) {
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  return /^[0-9a-f]{64}$/u.test(text) ? `${text.slice(0, 12)}…` : text;
}
