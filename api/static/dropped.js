// The files of a drop, those inside folders included, each with its path within what was dropped.

const HIDDEN = /^(\.|Thumbs\.db$|desktop\.ini$)/i;

function read(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

// A folder is told in pieces; an empty piece ends it.
async function members(folder) {
  const reader = folder.createReader();
  const found = [];
  for (;;) {
    const piece = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!piece.length) return found;
    found.push(...piece);
  }
}

async function walk(entry, path) {
  if (HIDDEN.test(entry.name)) return [];
  const name = path ? `${path}/${entry.name}` : entry.name;
  if (entry.isFile) return [{ name, file: await read(entry) }];
  const inside = await members(entry);
  inside.sort((one, other) => one.name.localeCompare(other.name));
  const found = [];
  for (const each of inside) found.push(...(await walk(each, name)));
  return found;
}

export async function filesOf(transfer) {
  // Entries have to be asked for before the first pause: afterwards the transfer is empty.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ name: file.name, file }));
  const found = [];
  for (const entry of entries) found.push(...(await walk(entry, "")));
  return found;
}
