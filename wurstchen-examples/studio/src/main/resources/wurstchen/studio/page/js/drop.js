// Files that are dropped or pasted anywhere: a PNG of ours brings its settings back, another picture becomes the one to begin with.
import * as api from './api.js';
import { shown, toast } from './dom.js';

/** @param form takes settings and pictures */
export function acceptDrops(form, hasImages) {
  const veil = document.getElementById('dropping');
  const hide = () => { veil.hidden = true; };
  const carriesFile = event => [...event.dataTransfer.types].includes('Files');
  addEventListener('dragenter', event => { if (carriesFile(event)) veil.hidden = false; });
  addEventListener('dragleave', event => { if (!event.relatedTarget) hide(); });
  addEventListener('dropped', hide);
  addEventListener('dragover', event => { if (carriesFile(event)) event.preventDefault(); });
  addEventListener('drop', event => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    hide();
    take(event.dataTransfer.files[0], form, hasImages);
  });
  addEventListener('paste', event => {
    const [file] = event.clipboardData.files;
    if (file) take(file, form, hasImages);
  });
}

function take(file, form, hasImages) {
  return shown(async () => {
    const settings = file.type === 'image/png' ? await settingsOf(file) : undefined;
    if (settings) {
      form.write(settings);
      toast(`These are the settings of ${file.name}.`, hasImages
        ? { label: 'Begin with it instead', action: () => { form.write({}); shown(() => form.image.useFile(file)); } } : {});
    } else if (hasImages) {
      await form.image.useFile(file);
    } else {
      throw new Error(`${file.name} does not say how it was made, and this model cannot begin with a picture.`);
    }
  });
}

/** What the file says about how it was made; undefined if it says nothing. Files of others are not even sent. */
async function settingsOf(file) {
  return (await file.text()).includes('wurstchen') ? api.settingsOf(file) : undefined;
}
