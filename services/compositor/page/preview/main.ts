/** The preview: a page on which a designer scrubs a campaign's cuts with any fan. It asks `preview.py` beside the compositor. */
import type { ComposeJob } from '../composition.js';
import { drawGuides, type Marked } from './guides.js';
import { Projector } from './projector.js';
import { Sound } from './sound.js';
import { across, drawTracks, kindOf, slotOf } from './tracks.js';

interface Cut {
	id: string;
	shot: string;
	personal: boolean;
	start_frame: number;
	first_frame: number;
	frames: number;
}
interface Fault {
	file: string;
	where: string;
	why: string;
}
interface Loss {
	composition: string;
	layer: string;
	property: string;
	severity: string;
	why: string;
}
/** What `GET state` answers. */
interface State {
	title?: string;
	width?: number;
	height?: number;
	rate?: [number, number];
	stems?: string[];
	cuts: Cut[];
	faults: Fault[];
	losses: Loss[];
	fans: { id: string; name: string }[];
	folder: string;
	draws_fans: boolean;
}
interface Pass {
	layer: string;
	fan: boolean;
	ready: boolean;
	key: string;
	fault: string;
}
/** What `GET rehearse` answers. */
interface Rehearsal {
	job: ComposeJob;
	files: Record<string, string>;
	passes: Pass[];
	cut: Cut;
	version: number;
}
interface Refusal {
	name: string;
	file: string;
	faults: { where: string; why: string }[];
}

function find<T extends HTMLElement>(id: string): T {
	const found = document.getElementById(id);
	if (!found) throw new Error(`the page has no ${id}`);
	return found as T;
}

const asked = new URLSearchParams(location.search);
const overlay = document.getElementById('overlay') as unknown as SVGSVGElement;
const projector = new Projector(find<HTMLCanvasElement>('picture'), shown);
const sound = new Sound();

let state: State = { cuts: [], faults: [], losses: [], fans: [], folder: '', draws_fans: false };
let rehearsal: Rehearsal | null = null;
let cutId = asked.get('cut') ?? '';
let frame = Number(asked.get('frame') ?? 0);
let playing = false;
let wish = 0;

// The campaign

async function refresh(): Promise<void> {
	state = (await (await fetch('state')).json()) as State;
	find('title').textContent = state.title ?? state.folder;
	document.title = `${state.title ?? 'campaign'} – Fancam preview`;
	const health = find('health');
	const { length } = state.faults;
	health.textContent =
		state.title || length ? (length ? `${length} fault${length > 1 ? 's' : ''}` : 'nothing is wrong') : 'checking …';
	health.className = length ? 'bad' : 'good';
	listFans();
	listCuts();
	list('faults', state.faults, ({ file, where, why }) => [where || file, where ? `${why} · ${file}` : why, 'fault']);
	list('losses', state.losses, ({ composition, layer, property, severity, why }) => [
		[layer, property].filter(Boolean).join(' › ') || composition,
		`${why} · ${composition}`,
		severity,
	]);
	find('fault-count').textContent = String(length);
	find('loss-count').textContent = String(state.losses.length);
}

function list<T>(id: string, items: T[], words: (item: T) => [head: string, detail: string, kind: string]): void {
	find(id).replaceChildren(
		...items.map((item) => {
			const [head, detail, kind] = words(item);
			const line = document.createElement('li');
			line.className = kind;
			const strong = document.createElement('b');
			strong.textContent = head;
			const small = document.createElement('small');
			small.textContent = detail;
			line.append(strong, small);
			return line;
		}),
	);
}

function listFans(): void {
	const picker = find<HTMLSelectElement>('fan');
	const chosen = picker.value || asked.get('fan') || '';
	picker.replaceChildren(...state.fans.map(({ id, name }) => new Option(name, id, false, id === chosen)));
	find('casting').textContent = state.draws_fans
		? 'Avatars are drawn by the renderer; until one is ready a figure stands in.'
		: 'No renderer: a figure stands in for every avatar.';
}

function listCuts(): void {
	if (state.cuts.length && !state.cuts.some(({ id }) => id === cutId)) {
		cutId = (state.cuts.find(({ personal }) => personal) ?? state.cuts[0])?.id ?? '';
	}
	find('cuts').replaceChildren(
		...state.cuts.map((cut) => {
			const line = document.createElement('li');
			const button = document.createElement('button');
			button.className = cut.personal ? 'personal' : '';
			button.title = `${cut.shot}, ${cut.personal ? 'personal' : 'the same for every fan'}`;
			button.setAttribute('aria-current', String(cut.id === cutId));
			const length = document.createElement('small');
			length.textContent = `${cut.frames}`;
			button.append(cut.id, length);
			button.onclick = () => void open(cut.id, 0);
			line.append(button);
			return line;
		}),
	);
}

// One cut

/** Load a cut and show one of its frames, counted from the cut's first. */
async function open(id: string, at: number): Promise<void> {
	cutId = id;
	frame = at;
	listCuts();
	await load();
	if (playing) await start();
}

async function load(): Promise<void> {
	const mine = ++wish;
	if (!state.cuts.length) return; // not checked yet
	const query = new URLSearchParams({
		cut: cutId,
		fan: find<HTMLSelectElement>('fan').value,
		name: find<HTMLInputElement>('name').value,
		scale: find<HTMLSelectElement>('scale').value,
	});
	const answer = await fetch(`rehearse?${query}`);
	const told = (await answer.json()) as Rehearsal | { error: Refusal };
	if (mine !== wish) return;
	if ('error' in told) {
		refuse(told.error);
		return;
	}
	rehearsal = told;
	const { job, cut } = told;
	find('frame').style.setProperty('--shape', `${job.width} / ${job.height}`);
	find('frame').style.setProperty('--ratio', String(job.width / job.height));
	drawTracks(find('layers'), job.shot, cut.first_frame, cut.frames);
	listSlots();
	guide();
	try {
		await projector.load(job, told.files);
		if (mine !== wish) return;
		find('fault').hidden = true;
		await show(Math.min(frame, cut.frames - 1));
	} catch (error) {
		if (mine === wish) refuse(named(error, cut.shot));
	}
	remember();
}

async function show(at: number): Promise<void> {
	if (!rehearsal) return;
	const { frames, first_frame } = rehearsal.cut;
	frame = Math.max(0, Math.min(frames - 1, at));
	try {
		await projector.show(first_frame + frame);
	} catch (error) {
		refuse(named(error, rehearsal.cut.shot));
	}
}

/** The canvas holds this frame of the shot now. */
function shown(ofShot: number): void {
	if (!rehearsal) return;
	const { cut, version } = rehearsal;
	const at = ofShot - cut.first_frame;
	const [rate, per] = state.rate ?? [24, 1];
	const seconds = ((cut.start_frame + at) * per) / rate;
	const whole = Math.floor(seconds);
	const rest = Math.round(((seconds - whole) * rate) / per);
	const clock = `${pad(Math.floor(whole / 60))}:${pad(whole % 60)}:${pad(rest)}`;
	find('clock').textContent = `${String(at).padStart(4)} / ${cut.frames - 1}   ${clock}`;
	find('head').style.left = across((at + 0.5) / cut.frames);
	find('head').style.height = `${find('tracks').scrollHeight}px`;
	Object.assign(document.body.dataset, { cut: cut.id, frame: String(at), version: String(version) });
}

function pad(value: number): string {
	return String(value).padStart(2, '0');
}

function named(error: unknown, file: string): Refusal {
	const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
	return { name, file, faults: [{ where: '', why: message }] };
}

/** Say over the picture what is wrong; the last good frame stays beneath. */
function refuse({ name, file, faults }: Refusal): void {
	const panel = find('fault');
	const title = document.createElement('h3');
	title.textContent = name;
	const where = document.createElement('p');
	where.textContent = file;
	const words = document.createElement('dl');
	for (const fault of faults) {
		const term = document.createElement('dt');
		term.textContent = fault.where;
		const detail = document.createElement('dd');
		detail.textContent = fault.why;
		words.append(...(fault.where ? [term] : []), detail);
	}
	panel.replaceChildren(title, where, words);
	panel.hidden = false;
	document.body.dataset.fault = name;
	stop();
}

function listSlots(): void {
	const layers = (rehearsal?.job.shot.layers ?? []).filter((layer) => slotOf(layer));
	list('slots', layers, (layer) => {
		const { job, cut, passes } = rehearsal as Rehearsal;
		const end = layer.outFrame || (job.shot.frames ?? 0);
		const when = `frames ${Math.max(0, (layer.inFrame ?? 0) - cut.first_frame)} – ${Math.min(cut.frames, end - cut.first_frame) - 1}`;
		const pass = passes.find((each) => each.layer === layer.name);
		const how = pass
			? pass.fault
				? ` · ${pass.fault}`
				: pass.ready
					? ''
					: state.draws_fans
						? ' · being drawn'
						: ' · a figure stands in'
			: '';
		return [`${slotOf(layer)} · ${layer.name}`, `${kindOf(layer)}, ${when}${how}`, 'slot'];
	});
	find('slot-count').textContent = String(layers.length);
}

function guide(): void {
	if (!rehearsal) return;
	const { shot, passes } = rehearsal.job;
	const wanted = find<HTMLSelectElement>('guides').value;
	const boxes: Marked[] = (shot.layers ?? []).flatMap((layer) => {
		const box = slotOf(layer) === 'avatar' ? passes[layer.name ?? '']?.box : undefined;
		return box && wanted ? [{ label: layer.name ?? '', ...box }] : [];
	});
	drawGuides(overlay, shot.width ?? 1, shot.height ?? 1, wanted, boxes);
}

function remember(): void {
	const query = new URLSearchParams({ cut: cutId, frame: String(frame), fan: find<HTMLSelectElement>('fan').value });
	history.replaceState(null, '', `?${query}`);
}

// Playing

let origin = { at: 0, s: 0 };

function nowS(): number {
	return find<HTMLInputElement>('sound').checked ? sound.now : performance.now() / 1000;
}

async function start(): Promise<void> {
	if (!rehearsal) return;
	const [rate, per] = state.rate ?? [24, 1];
	if (find<HTMLInputElement>('sound').checked) {
		await sound.load((state.stems ?? []).map((path) => `sound/${path}`));
		await sound.play(((rehearsal.cut.start_frame + frame) * per) / rate);
	}
	origin = { at: frame, s: nowS() };
	if (!playing) {
		playing = true;
		find('play').textContent = '❚❚';
		requestAnimationFrame(tick);
	}
}

function stop(): void {
	playing = false;
	sound.stop();
	find('play').textContent = '▶';
	remember();
}

/** Real time: which frame is due says the clock; drawing it says nothing of time. */
function tick(): void {
	if (!playing || !rehearsal) return;
	const [rate, per] = state.rate ?? [24, 1];
	const due = origin.at + Math.floor(((nowS() - origin.s) * rate) / per);
	if (due >= rehearsal.cut.frames) {
		ended();
	} else if (due !== frame) {
		void show(due);
	}
	requestAnimationFrame(tick);
}

function ended(): void {
	const next = state.cuts[state.cuts.findIndex(({ id }) => id === cutId) + 1];
	if (find<HTMLInputElement>('loop').checked) {
		frame = 0;
		void start();
	} else if (next) {
		origin = { at: 0, s: Number.POSITIVE_INFINITY }; // until the next cut is here
		void open(next.id, 0);
	} else stop();
}

// What the designer does

find('play').onclick = () => (playing ? stop() : void start());
find('back').onclick = () => step(-1);
find('forth').onclick = () => step(1);
find('fan').onchange = () => {
	find<HTMLInputElement>('name').value = '';
	void load();
};
find('name').onchange = () => void load();
find('scale').onchange = () => void load();
find('guides').onchange = guide;
find('sound').onchange = () => (playing ? void start() : undefined);
find('lot').onclick = async () => {
	const { id } = (await (await fetch('lot', { method: 'POST' })).json()) as { id: string };
	await refresh();
	find<HTMLSelectElement>('fan').value = id;
	find<HTMLInputElement>('name').value = '';
	await load();
};
find('save').onclick = async () => {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(await projector.png());
	link.download = `${cutId}-${frame}.png`;
	link.click();
	URL.revokeObjectURL(link.href);
};

function step(by: number): void {
	stop();
	void show(frame + by).then(remember);
}

addEventListener('keydown', (event) => {
	if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
	const deeds: Record<string, () => void> = {
		' ': () => find('play').click(),
		ArrowLeft: () => step(event.shiftKey ? -10 : -1),
		ArrowRight: () => step(event.shiftKey ? 10 : 1),
		Home: () => step(-frame),
		End: () => step((rehearsal?.cut.frames ?? 1) - 1 - frame),
	};
	const deed = deeds[event.key];
	if (!deed) return;
	event.preventDefault();
	deed();
});

const tracks = find('tracks');
function scrub(event: PointerEvent): void {
	if (!rehearsal || !(event.buttons & 1)) return;
	const names = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--names'));
	const { left, width } = find('layers').getBoundingClientRect();
	const share = (event.clientX - left - names) / (width - names);
	if (share < 0 && event.type === 'pointerdown') return;
	if (playing) stop();
	void show(Math.floor(share * rehearsal.cut.frames));
}
tracks.onpointerdown = (event) => {
	tracks.setPointerCapture(event.pointerId);
	scrub(event);
};
tracks.onpointermove = scrub;
tracks.onpointerup = remember;

// What the folder and the renderer do

interface News {
	kind: 'hello' | 'changed' | 'checked' | 'drawing' | 'drawn';
	key?: string;
	fraction?: number;
}

const drawing = find('drawing');
new EventSource('events').onmessage = async (event) => {
	const news = JSON.parse(String(event.data)) as News;
	const awaited = rehearsal?.passes.some(({ key }) => key === news.key) ?? false;
	if (news.kind === 'drawing' && awaited) {
		drawing.hidden = false;
		drawing.textContent = `drawing the avatar … ${Math.round(100 * (news.fraction ?? 0))} %`;
	} else if (news.kind === 'drawn' && awaited) {
		drawing.hidden = true;
		await load();
	} else if (news.kind === 'changed') {
		delete document.body.dataset.fault;
		await load();
	} else if (news.kind === 'checked') {
		await refresh();
		if (!rehearsal) await load();
	}
};

for (const [id, key] of [
	['scale', 'scale'],
	['guides', 'guides'],
] as const) {
	const wanted = asked.get(key);
	if (wanted !== null) find<HTMLSelectElement>(id).value = wanted;
}
await refresh();
find<HTMLInputElement>('name').value = asked.get('name') ?? '';
await load();
