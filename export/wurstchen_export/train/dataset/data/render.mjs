/**
 * Renders emoji artwork to square RGBA PNG files and writes rendered.json beside them.
 *
 * usage: node render.mjs OUT [--size 256] [--styles fluent-emoji-flat,fluent-emoji,noto] [--modules DIR]
 *
 * rendered.json: [{style, file, hexcode, label, tags, group, subgroup}]: label and tags are emojibase's English ones.
 * Left out, because a small model cannot learn them or because they are near-duplicates: country flags, keycaps,
 * letters and signs, all clock faces but two, skin tones, families and gendered roles.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string", default: "256" },
    styles: { type: "string", default: "fluent-emoji-flat,fluent-emoji,noto" },
    modules: { type: "string", default: "" },
  },
});
if (positionals.length !== 1) {
  console.error("usage: node render.mjs OUT [--size 256] [--styles fluent-emoji-flat,...] [--modules DIR]");
  process.exit(2);
}
const out = positionals[0];
const size = Number(options.size);
const require = createRequire(options.modules ? join(resolve(options.modules), "x.js") : import.meta.url);
const { Resvg } = require("@resvg/resvg-js");
const sharp = require("sharp");

/** Icons on which resvg aborts; librsvg draws these two (elsewhere it drops strokes, so it is not the default). */
const LIBRSVG_ICONS = new Set(["noto:package", "noto:rainbow-flag"]);

const PEOPLE = 1;
const SYMBOLS = 8;
const FLAGS = 9;
const ROLE = 25; // subgroups, by their number in emojibase's meta/groups.json
const FAMILY = 30;
const ALPHANUMERIC = 95;
const NEUTRAL = "1F9D1-200D-"; // a person of no stated gender, joined to what the role needs
const LETTERED = /keycap|button|input |Japanese|^(BACK|END|ON!|SOON|TOP) arrow|^(copyright|registered|trade mark)$/;
const SHIPPED_CLOCKS = new Set(["1F550", "1F553"]);

function wanted(emoji) {
  const { hexcode, group, subgroup, label } = emoji;
  if (group === undefined || group === FLAGS) return false;
  if (group === SYMBOLS && (subgroup === ALPHANUMERIC || LETTERED.test(label))) return false;
  if (/^1F5(5[0-9A-F]|6[0-7])$/.test(hexcode)) return SHIPPED_CLOCKS.has(hexcode);
  if (group === PEOPLE && subgroup === FAMILY) return false;
  if (group === PEOPLE && hexcode.includes("200D")) return subgroup === ROLE && hexcode.startsWith(NEUTRAL);
  return true;
}

/** The set whose table of code points names a set's icons: that of the first has none, and shares the other's names. */
const NAMED_BY = { "fluent-emoji": "fluent-emoji-flat" };

/** Iconify's chars.json writes code points in lower case, sometimes without the variation selector FE0F. */
function iconName(chars, hexcode) {
  const key = hexcode.toLowerCase();
  return chars[key] ?? chars[key.replaceAll("-fe0f", "")] ?? chars[`${key}-fe0f`];
}

async function renderPng(icon, set, svg) {
  if (LIBRSVG_ICONS.has(`${set.prefix}:${icon}`)) {
    return sharp(Buffer.from(svg)).resize(size, size).png().toBuffer();
  }
  return new Resvg(svg, { fitTo: { mode: "width", value: size } }).render().asPng();
}

const emojis = require("emojibase-data/en/data.json").filter(wanted);
const index = [];
for (const style of options.styles.split(",")) {
  const set = require(`@iconify-json/${style}/icons.json`);
  const chars = require(`@iconify-json/${NAMED_BY[style] ?? style}/chars.json`);
  mkdirSync(join(out, style), { recursive: true });
  for (const { hexcode, label, tags = [], group, subgroup } of emojis) {
    const name = iconName(chars, hexcode);
    const icon = set.icons[name] ?? set.icons[set.aliases?.[name]?.parent];
    if (!icon) continue;
    const [width, height] = [icon.width ?? set.width ?? 16, icon.height ?? set.height ?? 16];
    const side = Math.max(width, height); // a few icons are not square
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" ` +
      `viewBox="${(width - side) / 2} ${(height - side) / 2} ${side} ${side}">${icon.body}</svg>`;
    const file = `${style}/${hexcode}.png`;
    writeFileSync(join(out, file), await renderPng(name, set, svg));
    index.push({ style, file, hexcode, label, tags, group, subgroup });
  }
}
writeFileSync(join(out, "rendered.json"), JSON.stringify(index, null, 1) + "\n");
console.log(`${index.length} pictures of ${size} x ${size} in ${out}`);
