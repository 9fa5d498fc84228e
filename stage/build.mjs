/**
 * Bundles pages: `node stage/build.mjs [folder ...]`, by default the gateway's and every service's. Writes `dist/` beside each
 * `main.ts`: the page, the ring's worker and an index, all self-contained. A page that has an index of its own is for people,
 * and so is a folder `preview` beside one that has not. Takes well under a second; run by `make setup`.
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
	: [join(stage, '..', 'gateway', 'page'), ...readdirSync(services).map((service) => join(services, service, 'page'))];

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

async function forPeople(page, dist) {
	await bundle({ main: join(page, 'main.ts') }, dist);
	for (const name of ['index.html', 'style.css']) copyFileSync(join(page, name), join(dist, name));
	console.log(`built ${dist}`);
}

for (const page of pages) {
	const main = join(page, 'main.ts');
	if (!existsSync(main)) {
		if (asked.length) throw new Error(`${main} does not exist`);
		continue;
	}
	const dist = join(page, 'dist');
	mkdirSync(dist, { recursive: true });
	if (existsSync(join(page, 'index.html'))) {
		await forPeople(page, dist);
		continue;
	}
	await bundle({ main, ring: join(stage, 'ring.worker.ts') }, dist);
	writeFileSync(join(dist, 'index.html'), INDEX);
	const preview = join(page, 'preview');
	console.log(`built ${dist}`);
	if (existsSync(preview)) await forPeople(preview, join(dist, 'preview'));
}
