// Puts the page together. What happens:
//   form ─ order ─▶ jobs ─ POST /api/pictures ─▶ events ─ states, previews ─▶ drawing ─ finished ─▶ gallery ─ settings ─▶ form
import * as api from './api.js';
import { showDetail } from './detail.js';
import { shown, toast } from './dom.js';
import { Drawing } from './drawing.js';
import { acceptDrops } from './drop.js';
import { OrderForm } from './form.js';
import { Gallery } from './gallery.js';
import { Jobs } from './jobs.js';

const VARIATIONS = 4;
const VARIATION_STRENGTH = 0.6;
const BLEND_PICTURES = 5;

const model = await shown(api.model);
if (!model) throw new Error('no model');
document.getElementById('model').textContent = `${model.name} · ${model.device}`;
document.getElementById('model').title = model.description;

const narrow = matchMedia('(max-width: 52rem)');

function draw(order) {
  // There the drawing is below the form.
  if (narrow.matches) document.getElementById('drawing').scrollIntoView();
  return shown(() => jobs.draw(order));
}

const form = new OrderForm(document.getElementById('order'), model, draw);

const jobs = new Jobs({
  changed: all => drawing.show(all),
  preview: (job, preview) => drawing.preview(job, preview),
  trouble: isTrouble => drawing.trouble(isTrouble),
  ended: job => {
    if (job.state.finished.length > 0) gallery.added();
    if (job.state.state === 'failed') toast(job.state.message, { error: true });
    drawing.show(jobs.open());
  },
});

const drawing = new Drawing(document.getElementById('drawing'), model, {
  cancel: job => shown(() => jobs.cancel(job)),
  open: picture => detail(picture),
  draw,
  example: prompt => { form.prompt(prompt); form.submit(); },
});

const gallery = new Gallery(document.getElementById('gallery'), { open: picture => detail(picture), vary, blend });

/** What made a picture, without what it was made by. */
function settingsOf(picture) {
  const { model: ignored, 'model-sha256': hash, device, 'library-version': version, 'batch-size': batch, ...settings } = picture.settings;
  return settings;
}

function vary(picture) {
  const { seed, strength, 'image-sha256': image, 'mask-sha256': mask, ...settings } = plain(settingsOf(picture));
  return draw({ ...settings, image: { picture: picture.id }, strength: VARIATION_STRENGTH, pictures: VARIATIONS });
}

/** From one picture to another: by prompt and noise, or by what they show if one of them began with a picture. */
function blend(first, last) {
  const settings = settingsOf(first);
  const shows = [first, last].some(picture => picture.settings['image-sha256'] || picture.settings['blend-share']);
  const { strength, 'image-sha256': image, 'mask-sha256': mask, ...rest } = plain(settings);
  const begin = shows ? { image: { picture: first.id }, strength: 0 } : {};
  return draw({ ...rest, ...begin, to: { picture: last.id }, pictures: BLEND_PICTURES });
}

/** Without what only pictures of a series have. */
function plain(settings) {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !name.startsWith('blend-')));
}

function detail(picture) {
  showDetail(picture, {
    image: model.image,
    again: () => draw(settingsOf(picture)),
    edit: () => { form.write(settingsOf(picture)); document.getElementById('prompt').focus(); },
    vary: () => vary(picture),
    begin: () => { form.image.usePicture(picture); form.prompt(picture.settings.prompt); document.getElementById('prompt').focus(); },
    mask: () => { form.image.usePicture(picture); form.prompt(picture.settings.prompt); shown(() => form.image.paint()); },
    remove: () => gallery.remove([picture]),
    beside: (of, by) => gallery.beside(of, by),
  });
}

addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.submit();
  } else if (event.key === 'Escape' && !document.querySelector('dialog[open]')) {
    drawing.cancel();
  }
});

acceptDrops(form, model.image);
jobs.resume();
await gallery.load();
document.body.dataset.ready = 'true';
