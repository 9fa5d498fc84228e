/**
 * Exports a simulated project and says as JSON what came of it:
 * `node run.mjs SCRIPT.jsx PROJECT TARGET SOURCES [--strict] [--panel] [--values TIMELINE.js] [--samples]`.
 */
import { pathToFileURL } from 'node:url';
import { run, source } from './host.mjs';
import { PROJECTS } from './projects.mjs';

const [script, project, target, sources, ...flags] = process.argv.slice(2);
const text = source(script);
const table = JSON.parse(/fancam\.EFFECTS = (\{[\s\S]*?\n\});/.exec(text)[1]);

class SourceFile {
	constructor(path) {
		this.fsName = path;
	}
}
const items = PROJECTS[project]({ table, File: SourceFile, folder: sources });
const opened = run(text, items);
// Files of the project are the host's own.
for (const item of items.flatMap((comp) => comp.list.map((layer) => layer.source)).filter((each) => each?.mainSource?.file)) {
	const { File } = opened;
	item.file = item.mainSource.file = new File(item.mainSource.file.fsName);
}

const comps = flags.includes('--all') ? items : items.slice(0, 1);
const told = flags.includes('--panel') ? pressed() : opened.fancam.exportCompositions(comps, new opened.Folder(target), flags.includes('--strict'));
const timeline = flags.includes('--values') ? await import(pathToFileURL(flags[flags.indexOf('--values') + 1])) : null;
const more = timeline ? { misses: misses(timeline) } : flags.includes('--samples') ? { samples: samples() } : {};
process.stdout.write(JSON.stringify({ ...told, ...more }));

/** Where every layer of the first composition is on every frame, as After Effects says. */
function samples() {
	return comps[0].list.map((layer) => {
		const group = layer.property('ADBE Transform Group');
		const rows = Array.from({ length: Math.round(comps[0].duration * comps[0].frameRate) }, (_, frame) =>
			Object.fromEntries(
				['Anchor Point', 'Position', 'Scale', 'Rotation', 'Opacity'].map((name) => [
					name,
					group.property(name).valueAtTime(frame / comps[0].frameRate, false),
				]),
			),
		);
		return { name: layer.name, frames: rows };
	});
}

/** Use the panel as a designer does. */
function pressed() {
	const { window, Folder } = opened;
	const before = window.find('').text;
	const [, list] = window.children;
	Folder.chosen = null;
	window.find('Export').onClick();
	const nothing = window.children.find((child) => child.text.startsWith('choose')).text;
	Folder.chosen = new Folder(target);
	window.find('Campaign folder').onClick();
	for (const item of list.items) item.selected = item.text === comps[0].name;
	window.find('Export').onClick();
	const report = window.children.at(-1);
	return {
		before, nothing, compositions: list.items.map((item) => item.text), summary: window.children.at(-2).text,
		rows: report.items.map((row) => [row.text, ...row.subItems.slice(0, 3).map((cell) => cell.text)]),
	}; // prettier-ignore
}

/** By how much a shot's values differ from After Effects', at most, per layer and property over all frames. */
function misses({ valueAt }) {
	const { shot } = JSON.parse(JSON.stringify(told.shots[0]));
	const fields = {
		position: 'ADBE Position', position_x: 'ADBE Position_0', position_y: 'ADBE Position_1', scale: 'ADBE Scale',
		rotation: 'ADBE Rotate Z', opacity: 'ADBE Opacity', anchor_point: 'ADBE Anchor Point',
	}; // prettier-ignore
	const found = {};
	for (const [index, layer] of shot.layers.entries()) {
		for (const [field, matchName] of Object.entries(fields)) {
			const property = layer.transform?.[field];
			if (!property) continue;
			const own = comps[0].list[index].property('ADBE Transform Group').property(matchName);
			let worst = 0;
			for (let frame = 0; frame < shot.frames; frame++) {
				const want = [own.valueAtTime(frame / comps[0].frameRate, false)].flat();
				const got = valueAt(camel(property), [], frame);
				for (const [axis, part] of got.entries()) worst = Math.max(worst, Math.abs(part - want[axis]));
			}
			found[`${layer.name} ${field}`] = worst;
		}
	}
	return found;
}

/** Field names as the page is told them. */
function camel(value) {
	if (Array.isArray(value)) return value.map(camel);
	if (value === null || typeof value !== 'object') return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, inner]) => [key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()), camel(inner)]),
	);
}
