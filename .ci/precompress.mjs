// Writes a .br and a .gz beside every file that is worth it, so that no request waits for it.
// usage: precompress.mjs debug|release DIR   (debug: quick gzip of the big ones alone)
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [kind, dir] = process.argv.slice(2);
const release = kind === "release";

for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  if (!entry.isFile() || !/\.(js|wasm|css|svg|txt|json)$/.test(entry.name)) continue;
  const plain = readFileSync(path);
  if (plain.length < (release ? 500 : 100_000)) continue;
  const gzip = gzipSync(plain, { level: release ? 9 : 1 });
  writeFileSync(`${path}.gz`, gzip);
  if (!release) continue;
  const brotli = brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  writeFileSync(`${path}.br`, brotli);
  console.log(`${path}: ${plain.length} bytes, gzip ${gzip.length}, brotli ${brotli.length}`);
}
