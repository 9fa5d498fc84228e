/**
 * Bundles pages: `node stage/build.mjs [folder ...]`, by default every page folder of `services`. Writes `dist/` beside each `main.ts`:
 * the page, the ring's worker and an index, all self-contained. A folder `preview` beside it is a page for people, with an
 * index and a style of its own. Takes well under a second; run by `make setup`.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const stage = dirname(fileURLToPath(import.meta.url));
const asked = process.argv.slice(2);
const services = join(stage, '..', 'services');
const pages = asked.length
	? asked.map((page) => resolve(page))
	: readdirSync(services).map((service) => join(services, service, 'page'));

const INDEX = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Fancam stage</title><script type="module" src="main.js"></script></html>
`;

function bundle(entryPoints, outdir) {
	return build({
		entryPoints,
		outdir,
		bundle: true,
		format: 'esm',
		target: 'chrome140',
		minify: true,
		sourcemap: 'inline',
		sourcesContent: false,
		nodePaths: [join(stage, '..', 'node_modules'), join(stage, 'node_modules')],
		legalComments: 'inline',
		logLevel: 'warning',
	});
}

for (const page of pages) {
	const main = join(page, 'main.ts');
	if (!existsSync(main)) {
		if (asked.length) throw new Error(`${main} does not exist`);
		continue;
	}
	const dist = join(page, 'dist');
	mkdirSync(dist, { recursive: true });
	await bundle({ main, ring: join(stage, 'ring.worker.ts') }, dist);
	writeFileSync(join(dist, 'index.html'), INDEX);
	const preview = join(page, 'preview');
	if (existsSync(preview)) {
		await bundle({ main: join(preview, 'main.ts') }, join(dist, 'preview'));
		for (const name of ['index.html', 'style.css']) copyFileSync(join(preview, name), join(dist, 'preview', name));
	}
	console.log(`built ${dist}`);
}
