/**
 * The page of the people who review what moderation has held back. Nothing of a fan stays in the browser: no storage, no
 * cache, no blob; sounds are forgotten with the case, the key with the page.
 */
import { card, doubtful, lettersOf, lineOf, made, rightToLeft } from './line.js';
import { keyOf, type Pending, PendingDecisions, UNDO_S } from './pending.js';
import { Player } from './player.js';
import { type Decision, Gateway, type Held, type Part, type Queue, Refused, type Waiting } from './rest.js';
import { type Band, Wave } from './wave.js';

const PARTS: Record<Part, string> = { take: 'Take', voice: 'Tuned voice', mix: 'Song' };
const GROUNDS: [string, string][] = [
	['profanity', 'Swearing'],
	['hate', 'Hate'],
	['harassment', 'Threat or harassment'],
	['sexual', 'Sexual'],
	['personal_data', 'Somebody’s name, number or address'],
	['not_the_song', 'Not the song, or not a name'],
	['unusable', 'Cannot be understood'],
	['other', 'Something else'],
];
/** From here on the longest wait is shown as late, and as too late. */
const LATE_S = 600;
const TOO_LATE_S = 1800;
/** Cases of which the reason is fetched before they are opened. */
const AHEAD = 8;
/** What is heard before and after a word, and before a doubtful one, in seconds. */
const AROUND_S = 0.25;
const LEAD_S = 0.8;
const SLOWEST_RETRY_MS = 8000;

function find<T extends HTMLElement = HTMLElement>(id: string): T {
	const found = document.getElementById(id);
	if (!found) throw new Error(`the page has no ${id}`);
	return found as T;
}

const button = (id: string) => find<HTMLButtonElement>(id);
const canvas = find<HTMLCanvasElement>('shape');
const grounds = find<HTMLDialogElement>('grounds');
const keys = find<HTMLDialogElement>('keys');

let gateway: Gateway | null = null;
let leaving = new AbortController();
let by = '';
let queue: Queue = { by: '', waiting: 0, first: [] };
/** Cases that were read, by their key. */
let read = new Map<string, Held>();
let open: Held | null = null;
let opening = new AbortController();
/** Somebody else has decided on the open case, or it has gone. */
let gone = false;
/** The word of the line that keys speak of. */
let here = -1;
let bleeped = new Set<number>();

const player = new Player(showPlaying);
const wave = new Wave(canvas, find('places'), find('head'), (at_s) => {
	player.seek(at_s);
	stand();
});
const pending = new PendingDecisions(send, showQueue);

// Coming and going

function enter(key: string, name: string): void {
	gateway = new Gateway(key);
	by = name;
	leaving = new AbortController();
	find('refused').textContent = '';
	void follow(gateway, leaving.signal);
}

function leave(why = ''): void {
	pending.flush();
	leaving.abort();
	close();
	gateway = null;
	by = '';
	queue = { by: '', waiting: 0, first: [] };
	read = new Map();
	for (const id of ['queue', 'case', 'bar', 'leave']) find(id).hidden = true;
	find('cases').replaceChildren();
	find('door').hidden = false;
	find('who').textContent = '';
	find('waiting').textContent = '–';
	find('oldest').textContent = '';
	find('refused').textContent = why;
	document.title = 'Fancam review';
	connected(false);
	find('key').focus();
}

async function follow(from: Gateway, signal: AbortSignal): Promise<void> {
	let pause_ms = 500;
	while (!signal.aborted) {
		try {
			for await (const told of from.queue(signal)) {
				pause_ms = 500;
				hear(told);
			}
		} catch (error) {
			if (signal.aborted) return;
			if (error instanceof Refused && error.status === 401) {
				leave('This key opens nothing here, or has expired. Ask for another link.');
				return;
			}
		}
		connected(false);
		await new Promise((resolve) => setTimeout(resolve, pause_ms));
		pause_ms = Math.min(2 * pause_ms, SLOWEST_RETRY_MS);
	}
}

function connected(yes: boolean): void {
	const light = find('live');
	light.className = yes ? 'on' : '';
	light.ariaLabel = yes ? 'Connected: changes appear at once' : 'Not connected';
}

function hear(told: Queue): void {
	queue = told;
	if (!told.by && !by) {
		leave('This is an operator’s key: write your name too, for the record.');
		return;
	}
	by = told.by || by;
	connected(true);
	find('door').hidden = true;
	for (const id of ['queue', 'case', 'leave']) find(id).hidden = false;
	find('who').textContent = by;
	const waiting = new Set(told.first.map(keyOf));
	for (const key of read.keys()) if (!waiting.has(key)) read.delete(key);
	if (open && !gone && !waiting.has(keyOf(open)) && !pending.holds(keyOf(open))) void lost(open);
	if (!open) next();
	showQueue();
	void readAhead();
}

// The queue

/** What waits, without what was decided here a moment ago. */
function visible(): Waiting[] {
	return queue.first.filter((one) => !pending.holds(keyOf(one)));
}

function showQueue(): void {
	const cases = visible();
	const left = queue.waiting - (queue.first.length - cases.length);
	find('waiting').textContent = String(left);
	find('waiting-word').textContent = 'waiting';
	document.title = left ? `(${left}) Fancam review` : 'Fancam review';
	const list = find('cases');
	const focused = document.activeElement?.closest('#cases') ? (document.activeElement as HTMLElement).dataset.key : '';
	list.replaceChildren(
		...cases.map((one) => {
			const known = read.get(keyOf(one));
			const why = made('span', 'reason', known?.name || known?.reason || '…');
			why.dir = 'auto';
			const age = made('time', '', '');
			age.dateTime = one.since;
			const entry = made('button', one.stage, made('span', 'kind', one.stage === 'name' ? 'Name' : 'Take'), why, age);
			entry.type = 'button';
			entry.dataset.key = keyOf(one);
			if (isOpen(one)) entry.ariaCurrent = 'true';
			entry.addEventListener('click', () => void show(one));
			return made('li', '', entry);
		}),
	);
	if (focused) list.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
	const beyond = queue.waiting - queue.first.length;
	find('more').textContent = beyond > 0 ? `and ${beyond} more behind these` : '';
	showAges();
}

function showAges(): void {
	for (const element of document.querySelectorAll<HTMLTimeElement>('time[datetime]')) {
		const age_s = secondsSince(element.dateTime);
		element.textContent = ageOf(age_s);
		element.className = lateness(age_s);
	}
	const oldest = visible()[0];
	const age_s = oldest ? secondsSince(oldest.since) : 0;
	find('oldest').textContent = oldest ? `· the oldest for ${ageOf(age_s)}` : '';
	find('oldest').className = lateness(age_s);
}

function secondsSince(moment: string): number {
	return Math.max(0, (Date.now() - Date.parse(moment)) / 1000);
}

function ageOf(age_s: number): string {
	if (age_s < 60) return `${Math.floor(age_s)} s`;
	if (age_s < 3600) return `${Math.floor(age_s / 60)} min`;
	return `${Math.floor(age_s / 3600)} h ${Math.floor((age_s % 3600) / 60)} min`;
}

function lateness(age_s: number): string {
	return age_s > TOO_LATE_S ? 'too-late' : age_s > LATE_S ? 'late' : '';
}

async function readAhead(): Promise<void> {
	const unread = visible()
		.slice(0, AHEAD)
		.filter((one) => !read.has(keyOf(one)));
	for (const one of unread) await detailsOf(one).catch(() => undefined);
	if (unread.length) showQueue();
}

async function detailsOf(one: Waiting): Promise<Held | undefined> {
	const known = read.get(keyOf(one));
	if (known || !gateway) return known;
	for (const held of await gateway.held(one.session)) read.set(keyOf(held), held);
	return read.get(keyOf(one));
}

function isOpen(one: Waiting): boolean {
	return open !== null && keyOf(open) === keyOf(one);
}

function next(step = 1): void {
	const cases = visible();
	const now = cases.findIndex(isOpen);
	const there = cases[now < 0 ? 0 : (now + step + cases.length) % cases.length];
	if (there) void show(there);
	else close();
}

// The open case

function close(): void {
	opening.abort();
	player.open({});
	open = null;
	gone = false;
	find('held').hidden = true;
	find('bar').hidden = true;
	find('nothing').hidden = false;
}

async function show(one: Waiting): Promise<void> {
	opening.abort();
	opening = new AbortController();
	const { signal } = opening;
	let held: Held | undefined;
	try {
		held = await detailsOf(one);
	} catch (error) {
		if (!signal.aborted) toast(`This cannot be opened: ${(error as Error).message}`, 'bad');
		return;
	}
	if (signal.aborted) return;
	if (!held) {
		await lost(one);
		return;
	}
	open = held;
	gone = false;
	here = -1;
	bleeped = new Set();
	player.open(held.begins);
	lay(held);
	showQueue();
	find('cases').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
	if (held.links.take) await listen(held, 'take', signal);
}

function lay(held: Held): void {
	const sings = held.stage === 'sing';
	find('nothing').hidden = true;
	find('held').hidden = false;
	find('bar').hidden = false;
	find('gone').hidden = true;
	find('silent').hidden = true;
	const waits = made('time');
	waits.dateTime = held.since;
	const language = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' }).of(held.locale || 'und') ?? '';
	const ear = held.transcribed ? `heard by ${held.engine}` : 'nobody has listened';
	find('chips').replaceChildren(
		made('span', '', held.campaign),
		made('span', '', language),
		...(sings ? [made('span', held.transcribed ? '' : 'warn', ear)] : []),
		made('span', '', 'waiting ', waits),
	);
	const why = find('why');
	why.textContent = held.reason || (sings ? 'A take' : 'A name');
	why.dir = 'auto';
	find('name').hidden = sings;
	find('words').hidden = find('sound').hidden = !sings;
	find('findings').replaceChildren(...held.findings.map((finding) => card(finding, held.locale)));
	find('findings').hidden = !held.findings.length;
	if (!sings) {
		const drawn = find('drawn');
		drawn.replaceChildren(made('bdi', '', held.name));
		drawn.lang = held.locale;
		find('letters').replaceChildren(...lettersOf(held.name));
	}
	const line = find('line');
	line.dir = find('words').dir = rightToLeft(held.locale) ? 'rtl' : 'ltr';
	line.replaceChildren(...lineOf(held, playWord));
	const parts = (Object.keys(PARTS) as Part[]).filter((part) => held.links[part]);
	find('parts').replaceChildren(
		made('legend', '', 'Listen to'),
		...parts.map((part, index) => {
			const choice = made('input');
			Object.assign(choice, { type: 'radio', name: 'part', value: part, checked: part === 'take' });
			choice.addEventListener('change', () => void choose(part));
			return made('label', '', choice, made('span', '', PARTS[part], ' ', made('kbd', '', String(index + 1))));
		}),
	);
	wave.show(null, held.line.at(-1)?.end_s ?? 0);
	writeWords(held);
	mark();
	stand();
	showPlaying();
	why.focus();
}

function writeWords(held: Held): void {
	const places = held.line.map((word) => ({
		text: word.heard || word.expected,
		start_s: word.start_s,
		end_s: word.end_s,
		kind: !word.heard && held.transcribed ? 'missing' : doubtful(held, word) ? 'doubtful' : '',
	}));
	wave.write(places, held.locale);
}

async function listen(held: Held, part: Part, signal: AbortSignal): Promise<void> {
	if (!gateway || player.has(part)) return;
	try {
		const sound = await player.add(part, await gateway.sound(held.session, part, signal));
		if (signal.aborted || part !== 'take') return;
		wave.show(sound, held.line.at(-1)?.end_s ?? 0);
		writeWords(held);
		stand();
	} catch (error) {
		if (signal.aborted) return;
		const unread = error instanceof DOMException;
		const silent = find('silent');
		silent.hidden = false;
		silent.textContent = unread
			? `This browser cannot play the ${PARTS[part].toLowerCase()} as it was recorded; listen to another sound.`
			: `The ${PARTS[part].toLowerCase()} cannot be fetched: ${(error as Error).message}`;
	}
}

async function choose(part: Part): Promise<void> {
	if (!open?.links[part]) return;
	const choice = document.querySelector<HTMLInputElement>(`input[name=part][value=${part}]`);
	if (choice) choice.checked = true;
	await listen(open, part, opening.signal);
	if (player.has(part)) player.choose(part);
}

/** Say that the case is not to be decided here any more. */
async function lost(one: Waiting): Promise<void> {
	if (isOpen(one)) gone = true;
	const records = await gateway?.decided(one.session).catch(() => []);
	const record = records?.find((each) => each.stage === one.stage && Date.parse(each.decided) > Date.parse(one.since));
	const what = record
		? `${record.by || 'Somebody else'} has ${record.approved ? 'approved' : 'rejected'} this.`
		: 'The fan has given another one, or has left.';
	if (!isOpen(one)) {
		toast(what, 'bad');
		return;
	}
	player.pause();
	const note = find('gone');
	note.hidden = false;
	note.replaceChildren(what, ' ');
	const on = made('button', '', 'Next ', made('kbd', '', 'j'));
	on.type = 'button';
	on.addEventListener('click', () => {
		open = null;
		next();
	});
	note.append(on);
	for (const id of ['no', 'bleep', 'yes']) button(id).disabled = true;
}

// Words

function playWord(index: number, lead_s = AROUND_S): void {
	const word = open?.line[index];
	if (!word) return;
	here = index;
	mark();
	void player.play(word.start_s - lead_s, word.end_s + AROUND_S);
}

function step(by: number): void {
	const count = open?.line.length ?? 0;
	if (count) playWord(here < 0 ? (by > 0 ? 0 : count - 1) : (here + by + count) % count);
}

function nextDoubtful(): void {
	const held = open;
	if (!held) return;
	const found = held.line.map((word, index) => (doubtful(held, word) ? index : -1)).filter((index) => index >= 0);
	const there = found.find((index) => index > here) ?? found[0];
	if (there !== undefined) playWord(there, LEAD_S);
}

function bleepable(index: number): boolean {
	const word = open?.line[index];
	return word !== undefined && (word.heard !== '' || !open?.transcribed);
}

function bleep(): void {
	if (!open || gone || !bleepable(here)) return;
	if (!bleeped.delete(here)) bleeped.add(here);
	player.bleeps = [...bleeped].flatMap((index) => open?.line[index] ?? []);
	mark();
}

/** Show which word is meant, which are doubtful and which are bleeped. */
function mark(): void {
	const held = open;
	if (!held) return;
	for (const [index, entry] of [...find('line').children].entries()) {
		const word = entry.firstElementChild as HTMLButtonElement;
		word.classList.toggle('here', index === here);
		word.classList.toggle('bleeped', bleeped.has(index));
	}
	const bands: Band[] = held.line.flatMap((word, index) => [
		...(doubtful(held, word) ? [{ ...word, kind: 'doubtful' as const }] : []),
		...(bleeped.has(index) ? [{ ...word, kind: 'bleep' as const }] : []),
		...(index === here ? [{ ...word, kind: 'here' as const }] : []),
	]);
	wave.mark([...bands, ...held.censored.map((stretch) => ({ ...stretch, kind: 'bleep' as const }))]);
	button('yes').disabled = button('no').disabled = gone;
	button('bleep').hidden = held.stage !== 'sing';
	button('bleep').disabled = gone || !bleepable(here);
	button('bleep').ariaPressed = String(bleeped.has(here));
	const words = bleeped.size === 1 ? '1 word' : `${bleeped.size} words`;
	find('yes-word').textContent = bleeped.size ? `Approve, ${words} bleeped` : 'Approve';
}

function showPlaying(): void {
	button('play').ariaPressed = String(player.playing);
	find('play-sign').textContent = player.playing ? '❚❚' : '▶';
	find('play-word').textContent = player.playing ? 'Pause' : 'Play';
	if (player.playing) requestAnimationFrame(tick);
	stand();
}

function tick(): void {
	stand();
	if (player.playing) requestAnimationFrame(tick);
}

function stand(): void {
	const at_s = player.at_s;
	wave.stand(at_s);
	find('clock').textContent = `${at_s.toFixed(1)} s`;
	for (const [index, entry] of [...find('line').children].entries()) {
		const word = open?.line[index];
		const now = player.playing && word !== undefined && word.start_s <= at_s && at_s < word.end_s;
		entry.firstElementChild?.classList.toggle('now', now);
	}
}

// Decisions

function decide(approved: boolean, why = ''): void {
	const held = open;
	if (!held || gone) return;
	const censored = [...bleeped]
		.sort((one, other) => one - other)
		.flatMap((index) => held.line[index] ?? [])
		.map(({ start_s, end_s }) => ({ start_s, end_s, action: 'bleep' as const }));
	const { stage, version } = held;
	const decision: Decision = { stage, version, approved, by, why, censored: approved ? censored : [] };
	const after = visible();
	const place = after.findIndex((one) => keyOf(one) === keyOf(held));
	pending.add(held, decision);
	const ground = GROUNDS.find(([id]) => id === why)?.[1];
	toast(approved ? `Approved${censored.length ? `, ${censored.length} bleeped` : ''}` : `Rejected: ${ground}`, 'undo');
	open = null;
	const there = after[place + 1] ?? after[0];
	if (there && keyOf(there) !== keyOf(held)) void show(there);
	else close();
	showQueue();
}

async function send({ held, decision }: Pending, last: boolean): Promise<void> {
	const to = gateway;
	if (!to) return;
	try {
		await to.decide(held.session, decision, last);
		read.delete(keyOf(held));
		queue.first = queue.first.filter((one) => keyOf(one) !== keyOf(held));
		queue.waiting = Math.max(0, queue.waiting - 1);
	} catch (error) {
		if (last) return;
		if (error instanceof Refused && (error.status === 409 || error.status === 404)) await lost(held);
		else toast(`Not on record, it waits on: ${(error as Error).message}`, 'bad');
	}
}

function undo(): void {
	const back = pending.undo();
	if (!back) return;
	for (const element of document.querySelectorAll('.toast.undo')) element.remove();
	read.set(keyOf(back.held), back.held);
	void show(back.held).then(() => {
		const begins = new Set(back.decision.censored.map(({ start_s }) => start_s));
		bleeped = new Set([...back.held.line.keys()].filter((index) => begins.has(back.held.line[index]?.start_s ?? -1)));
		player.bleeps = [...bleeped].flatMap((index) => back.held.line[index] ?? []);
		mark();
	});
}

function toast(text: string, kind: 'undo' | 'bad'): void {
	if (kind === 'undo') for (const element of document.querySelectorAll('.toast.undo')) element.remove();
	const note = made('div', `toast ${kind}`, made('span', '', text));
	if (kind === 'undo') {
		const back = made('button', '', 'Undo ', made('kbd', '', 'z'));
		back.type = 'button';
		back.addEventListener('click', undo);
		note.append(back);
	}
	find('toasts').append(note);
	window.setTimeout(() => note.remove(), (kind === 'undo' ? UNDO_S : 2 * UNDO_S) * 1000);
}

function reject(): void {
	if (!open || gone) return;
	find('ground-list').replaceChildren(
		...GROUNDS.map(([id, text], index) => {
			const choice = made('button', '', made('kbd', '', String(index + 1)), ' ', text);
			choice.value = id;
			return made('li', '', choice);
		}),
	);
	grounds.returnValue = '';
	grounds.showModal();
}

grounds.addEventListener('close', () => {
	if (grounds.returnValue) decide(false, grounds.returnValue);
});
grounds.addEventListener('keydown', (event) => {
	const ground = GROUNDS[Number(event.key) - 1];
	if (ground) grounds.close(ground[0]);
});

// Keys and buttons

const ACTIONS: Record<string, () => void> = {
	j: () => next(1),
	k: () => next(-1),
	' ': () => (player.playing ? player.pause() : void player.play()),
	w: nextDoubtful,
	b: bleep,
	a: () => decide(true),
	r: reject,
	z: undo,
	'1': () => void choose('take'),
	'2': () => void choose('voice'),
	'3': () => void choose('mix'),
	ArrowLeft: () => step(find('line').dir === 'rtl' ? 1 : -1),
	ArrowRight: () => step(find('line').dir === 'rtl' ? -1 : 1),
	'?': () => keys.showModal(),
};

document.addEventListener('keydown', (event) => {
	const typing = event.target instanceof HTMLInputElement;
	const pressing = event.target instanceof HTMLButtonElement && event.key === ' ';
	if (typing || pressing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
	if (!gateway || grounds.open || keys.open) return;
	const action = ACTIONS[event.key];
	if (!action) return;
	event.preventDefault();
	action();
});
for (const [id, key] of Object.entries({ play: ' ', 'next-word': 'w', bleep: 'b', yes: 'a', no: 'r', help: '?' })) {
	button(id).addEventListener('click', () => ACTIONS[key]?.());
}
button('leave').addEventListener('click', () => leave());
window.addEventListener('pagehide', () => pending.flush());
window.setInterval(showAges, 1000);

find('enter').addEventListener('submit', (event) => {
	event.preventDefault();
	const key = find<HTMLInputElement>('key');
	enter(key.value.trim(), find<HTMLInputElement>('by').value.trim());
	key.value = '';
});

// A link brings the key behind its #, which no browser sends anywhere. It leaves the address at once.
const brought = new URLSearchParams(location.hash.slice(1)).get('key');
history.replaceState(null, '', location.pathname);
if (brought) enter(brought, '');
else find('key').focus();
