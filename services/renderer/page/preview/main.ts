/** The library's page: choose parts, colours and measures, and see the avatar that films will show. */
import type { AvatarRecipe, Dance } from '@fancam/stage/avatar';
import { Show } from './show.js';

interface Entry {
	id: string;
	group: string;
	title: string;
	colors?: string[];
}

interface Rgb {
	red: number;
	green: number;
	blue: number;
}

interface Catalogue {
	parts: Entry[];
	required: string[];
	neutral: Record<string, string>;
	colors: Record<string, Rgb>;
	follow?: Record<string, string>;
	/** What each amount is unless somebody says otherwise. */
	amounts: Record<string, number>;
	morphs: string[];
	expressions: string[];
	skin_tones?: Record<string, string[]>;
}

/** What tests drive. */
declare global {
	interface Window {
		fancamLibrary?: { show: Show; catalogue: Catalogue; dances: Record<string, Dance>; recipe(): AvatarRecipe };
	}
}

const element = <T extends HTMLElement>(id: string): T => {
	const found = document.getElementById(id);
	if (!found) throw new RangeError(`the page has no ${id}`);
	return found as T;
};
const get = async (path: string): Promise<Response> => {
	const response = await fetch(path);
	if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
	return response;
};
const titled = (name: string): string => name.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());
const hex = ([r, g, b]: readonly number[]): string =>
	`#${[r, g, b].map((v) => (v ?? 0).toString(16).padStart(2, '0')).join('')}`;
const rgb = (text: string): [number, number, number] =>
	[1, 3, 5].map((k) => Number.parseInt(text.slice(k, k + 2), 16)) as [number, number, number];

const catalogue = (await (await get('library/catalogue.json')).json()) as Catalogue;
const dances = (await (await get('library/dances.json')).json()) as Record<string, Dance>;
const groups = [...new Set(catalogue.parts.map(({ group }) => group))];
const entries = (group: string): Entry[] => catalogue.parts.filter((entry) => entry.group === group);

/** A recipe with everything that must be there. */
const recipe: AvatarRecipe = {
	parts: Object.fromEntries(catalogue.required.map((group) => [group, catalogue.neutral[group] ?? ''])),
	colors: Object.fromEntries(Object.entries(catalogue.colors).map(([slot, c]) => [slot, [c.red, c.green, c.blue]])),
	morphs: {},
	amounts: { ...catalogue.amounts },
};
const chosen = new Set<string>();

/** Slots that nobody has chosen follow the one they follow in films. */
function complete(): AvatarRecipe {
	const colors = { ...recipe.colors };
	for (const [slot, leader] of Object.entries(catalogue.follow ?? {})) {
		const color = colors[leader];
		if (!chosen.has(slot) && color) colors[slot] = color;
	}
	return { ...recipe, colors, parts: { ...recipe.parts } };
}

const show = new Show(element('view'), Object.values(dances)[0] as Dance, async (group, id) =>
	(await get(`library/part/${group}/${id}.glb`)).arrayBuffer(),
);
window.fancamLibrary = { show, catalogue, dances, recipe: complete };

let wearing: Promise<void> = Promise.resolve();
function changed(): void {
	wearing = wearing
		.then(() => show.wear(complete()))
		.catch((error) => {
			element('figures').textContent = String(error);
		});
}

/** A row of choices, one of which is taken: radio buttons, so that keys and readers know them. */
function choices(
	title: string,
	options: { value: string; title: string; color?: string }[],
	now: string,
	take: (value: string) => void,
): HTMLFieldSetElement {
	const set = document.createElement('fieldset');
	const legend = document.createElement('legend');
	legend.textContent = title;
	const row = document.createElement('div');
	row.className = 'choices';
	for (const option of options) {
		const label = document.createElement('label');
		const input = document.createElement('input');
		input.type = 'radio';
		input.name = title;
		input.value = option.value;
		input.checked = option.value === now;
		input.addEventListener('change', () => take(option.value));
		const text = document.createElement('span');
		text.textContent = option.title;
		label.append(input, text);
		if (option.color) {
			label.className = 'swatch';
			label.style.background = option.color;
		}
		row.append(label);
	}
	set.append(legend, row);
	return set;
}

/** Ready colours of a slot, and any other. */
function colours(slot: string): HTMLFieldSetElement {
	const ready: Record<string, string[]> = {
		skin: catalogue.skin_tones?.neutral ?? [],
		hair: [
			'#261f26',
			'#46302c',
			'#6b4632',
			'#966040',
			'#dec078',
			'#ac5236',
			'#96969c',
			'#e8e6ea',
			'#3c4a78',
			'#de96aa',
		],
		iris: ['#543828', '#6e4a2c', '#3c6e96', '#4a7854', '#60408c'],
	};
	const now = hex(recipe.colors[slot] ?? [0, 0, 0]);
	const take = (value: string): void => {
		recipe.colors = { ...recipe.colors, [slot]: rgb(value) };
		chosen.add(slot);
		changed();
	};
	const options = (ready[slot] ?? ['#28304f', '#7a1f3d', '#0f6b5c', '#d9b24a', '#f2efe9', '#1d1b22']).map(
		(value, k) => ({
			value,
			title: `${titled(slot)} ${k + 1}`,
			color: value,
		}),
	);
	const set = choices(`Colour: ${titled(slot).toLowerCase()}`, options, now, take);
	const label = document.createElement('label');
	label.className = 'swatch';
	label.style.background = 'conic-gradient(red, yellow, lime, cyan, blue, magenta, red)';
	const any = document.createElement('input');
	any.type = 'color';
	any.value = now;
	any.setAttribute('aria-label', `Any colour for ${titled(slot).toLowerCase()}`);
	any.addEventListener('input', () => take(any.value));
	label.append(any);
	set.querySelector('.choices')?.append(label);
	return set;
}

/** Sliders of numbers by name. */
function mixer(title: string, names: string[], low: number, values: Record<string, number>): HTMLFieldSetElement {
	const set = document.createElement('fieldset');
	const legend = document.createElement('legend');
	legend.textContent = title;
	const grid = document.createElement('div');
	grid.className = 'mix';
	for (const name of names) {
		const label = document.createElement('label');
		const slider = document.createElement('input');
		const output = document.createElement('output');
		slider.type = 'range';
		slider.id = `${title}-${name}`;
		[slider.min, slider.max, slider.step] = [String(low), '1', '0.05'];
		slider.value = output.textContent = String(values[name] ?? 0);
		label.htmlFor = slider.id;
		label.textContent = titled(name);
		slider.addEventListener('input', () => {
			values[name] = Number(slider.value);
			output.textContent = slider.value;
			changed();
		});
		grid.append(label, slider, output);
	}
	set.append(legend, grid);
	return set;
}

function wardrobe(group: string): HTMLElement[] {
	const none = catalogue.required.includes(group) ? [] : [{ value: '', title: 'None' }];
	const options = [...none, ...entries(group).map(({ id, title }) => ({ value: id, title }))];
	const set = choices(titled(group), options, recipe.parts[group] ?? '', (value) => {
		if (value) recipe.parts[group] = value;
		else delete recipe.parts[group];
		changed();
	});
	const slots = new Set(entries(group).flatMap((entry) => entry.colors ?? []));
	return [set, ...[...slots].map(colours)];
}

const amounts = Object.keys(catalogue.amounts);
const PANELS: Record<string, () => HTMLElement[]> = {
	Dance: () => [
		choices(
			'Dance',
			Object.keys(dances).map((value) => ({ value, title: titled(value) })),
			'',
			(value) => show.dance(dances[value] as Dance),
		),
		choices(
			'Expression',
			catalogue.expressions.map((value) => ({ value, title: titled(value) })),
			show.expression || 'neutral',
			(value) => {
				show.expression = value;
			},
		),
	],
	Skin: () => [colours('skin'), ...(catalogue.colors.lips ? [colours('lips')] : [])],
	Face: () => [
		mixer('Measures', catalogue.morphs, -1, recipe.morphs),
		...(amounts.length ? [mixer('Amounts', amounts, 0, recipe.amounts)] : []),
	],
	...Object.fromEntries(groups.map((group) => [titled(group), () => wardrobe(group)])),
};

function open(name: string): void {
	const panel = element('panel');
	panel.replaceChildren(...(PANELS[name]?.() ?? []));
	panel.scrollTop = 0;
	for (const tab of element('tabs').querySelectorAll('button')) {
		const mine = tab.textContent === name;
		tab.setAttribute('aria-selected', String(mine));
		tab.tabIndex = mine ? 0 : -1;
		if (mine) panel.setAttribute('aria-labelledby', tab.id);
	}
}

for (const name of Object.keys(PANELS)) {
	const tab = document.createElement('button');
	tab.type = 'button';
	tab.id = `tab-${name}`;
	tab.textContent = name;
	tab.setAttribute('role', 'tab');
	tab.setAttribute('aria-controls', 'panel');
	tab.addEventListener('click', () => open(name));
	element('tabs').append(tab);
}
element('tabs').addEventListener('keydown', (event) => {
	const tabs = [...element('tabs').querySelectorAll('button')];
	const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
	const at = tabs.indexOf(document.activeElement as HTMLButtonElement);
	if (!step || at < 0) return;
	const next = tabs[(at + step + tabs.length) % tabs.length] as HTMLButtonElement; // within, by the remainder
	next.focus();
	open(next.textContent ?? '');
	event.preventDefault();
});

const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T; // lists are not empty
element('surprise').addEventListener('click', () => {
	for (const group of groups) {
		const required = catalogue.required.includes(group);
		if (required || Math.random() < 0.3) recipe.parts[group] = any(entries(group)).id;
		else delete recipe.parts[group];
	}
	const pick = (slot: string, list: readonly string[]): void => {
		recipe.colors = { ...recipe.colors, [slot]: rgb(any(list)) };
	};
	chosen.clear();
	if (catalogue.skin_tones) pick('skin', Object.values(catalogue.skin_tones).flat());
	pick('hair', ['#261f26', '#46302c', '#6b4632', '#966040', '#dec078', '#ac5236', '#3c4a78', '#de96aa']);
	pick('outfit', ['#28304f', '#7a1f3d', '#0f6b5c', '#f2efe9', '#4a2f7a', '#1d1b22']);
	pick('outfit_trim', ['#eec45c', '#ff79c9', '#46e4ff', '#f2efe9']);
	pick('headwear', ['#7a1f3d', '#0f6b5c', '#4656a0', '#c98a3a']);
	for (const name of catalogue.morphs) recipe.morphs[name] = Math.round((Math.random() * 1.6 - 0.8) * 20) / 20;
	changed();
	const open_ = element('tabs').querySelector('[aria-selected="true"]')?.textContent;
	if (open_) open(open_);
});

/** A button that stays pressed. */
function toggle(id: string, press: (on: boolean) => void): void {
	const button = element<HTMLButtonElement>(id);
	button.addEventListener('click', () => {
		const on = button.getAttribute('aria-pressed') !== 'true';
		button.setAttribute('aria-pressed', String(on));
		press(on);
	});
}
toggle('closer', (on) => show.look(on ? 'face' : 'figure'));
toggle('sing', (on) => {
	show.sings = on;
});
toggle('pause', (on) => {
	show.paused = on;
});
if (matchMedia('(prefers-reduced-motion: reduce)').matches) element('pause').click();

open('Dance');
changed();
await wearing;
show.run();
setInterval(() => {
	const { fps, triangles, calls } = show.figures();
	element('figures').textContent =
		`${fps.toFixed(0)} fps · ${(triangles / 1000).toFixed(1)}k triangles · ${calls} draws`;
}, 1000);
