/**
 * Bundles pages: `node stage/build.mjs [folder ...]`, by default the gateway's and every service's. Writes `dist/` beside each
 * `main.ts`: the page, the ring's worker and an index, all self-contained. A page that has an index of its own is for people,
 * and so is a folder `preview` beside one that has not. Takes well under a second; run by `make setup`. A file that stays the
 * same is left alone and another is put in its place at once, so that pages may be built while Chrome opens them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
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

/** Puts `content`, bytes or text, at `path`. */
function put(path, content) {
	const bytes = Buffer.from(content);
	if (existsSync(path) && readFileSync(path).equals(bytes)) return;
	mkdirSync(dirname(path), { recursive: true });
	const draft = `${path}.${process.pid}`;
	writeFileSync(draft, bytes);
	renameSync(draft, path);
}

async function bundle(entryPoints, outdir) {
	const { outputFiles } = await build({
		entryPoints,
		outdir,
		write: false,
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
	for (const { path, contents } of outputFiles) put(path, contents);
}

async function forPeople(page, dist) {
	await bundle({ main: join(page, 'main.ts') }, dist);
	for (const name of ['index.html', 'style.css']) put(join(dist, name), readFileSync(join(page, name)));
	console.log(`built ${dist}`);
}

for (const page of pages) {
	const main = join(page, 'main.ts');
	if (!existsSync(main)) {
		if (asked.length) throw new Error(`${main} does not exist`);
		continue;
	}
	const dist = join(page, 'dist');
	if (existsSync(join(page, 'index.html'))) {
		await forPeople(page, dist);
		continue;
	}
	await bundle({ main, ring: join(stage, 'ring.worker.ts') }, dist);
	put(join(dist, 'index.html'), INDEX);
	const preview = join(page, 'preview');
	console.log(`built ${dist}`);
	if (existsSync(preview)) await forPeople(preview, join(dist, 'preview'));
}
