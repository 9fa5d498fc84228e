/**
 * Renders films as they are asked for, one JSON line each on standard input: {props, out}; answers with a line each.
 *
 * `node render.mjs BROWSER FOLDER` serves the files in FOLDER/public to the page. One browser for all films.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundle } from '@remotion/bundler';
import { openBrowser, renderMedia, selectComposition } from '@remotion/renderer';

const [browserExecutable, folder] = process.argv.slice(2);
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const chromiumOptions = { gl: 'angle-egl' };
const chromeMode = 'chrome-for-testing';
const serveUrl = await bundle({
	entryPoint: join(import.meta.dirname, 'film.jsx'),
	publicDir: join(folder, 'public'),
	outDir: join(folder, 'bundle'),
	symlinkPublicDir: true,
});
const browser = await openBrowser('chrome', { browserExecutable, chromiumOptions, chromeMode, logLevel: 'error' });
const shared = { serveUrl, browserExecutable, chromiumOptions, chromeMode, puppeteerInstance: browser, logLevel: 'error' };
say({ ready: true });

for await (const line of createInterface({ input: process.stdin })) {
	const { props, out } = JSON.parse(line);
	const heard = new Set();
	const composition = await selectComposition({ ...shared, id: 'film', inputProps: props });
	await renderMedia({
		...shared,
		composition,
		inputProps: props,
		codec: 'h264',
		x264Preset: 'veryfast',
		crf: 20,
		concurrency: 1,
		muted: true,
		outputLocation: out,
		onBrowserLog: ({ text }) => heard.add(text),
	});
	say({ out, heard: [...heard] });
}
await browser.close({ silent: true });
