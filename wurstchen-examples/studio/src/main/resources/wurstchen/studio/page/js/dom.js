// Elements from code: text stays text, whatever it says.

/**
 * Makes an element. Properties that are functions and begin with "on" become listeners; names with a hyphen become attributes.
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name.includes('-') || name === 'role' || name === 'for' || name === 'list') element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter(child => child !== undefined && child !== null));
  return element;
}

/** Shows a short message; an error stays longer. An action adds a button. */
export function toast(message, { error = false, action, label } = {}) {
  const box = el('div', { className: error ? 'toast error' : 'toast' }, el('span', {}, message));
  const remove = () => box.remove();
  if (action) box.append(el('button', { type: 'button', onclick: () => { remove(); action(); } }, label));
  document.getElementById('toasts').append(box);
  setTimeout(remove, error || action ? 9000 : 4500);
}

/** Runs something that may fail, and shows why it did. */
export async function shown(work) {
  try {
    return await work();
  } catch (failure) {
    toast(failure.message, { error: true });
    return undefined;
  }
}
