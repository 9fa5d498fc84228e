/**
 * The page of the people who review what moderation has held back. Nothing of a fan stays in the browser: no storage, no
 * cache, no blob; sounds are forgotten with the case, the key with the page.
 */
import { Case } from './case.js';
import { button, dismissUndo, find, made, pressable, toast } from './elements.js';
import { scrollToOpen, showAges, showList } from './list.js';
import { keyOf, type Pending, PendingDecisions, UNDO_S } from './pending.js';
import {
	type Decision,
	Gateway,
	type Held,
	type Queue,
	type Queued,
	Refused,
	type Stretch,
	type Waiting,
} from './rest.js';

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
/** Cases of which the reason is fetched before they are opened. */
const AHEAD = 8;
const FIRST_RETRY_MS = 500;
const SLOWEST_RETRY_MS = 8000;
const BAD_NEWS_S = 10;
/** How often the gateway hears that a case is before somebody. */
const LEASE_MS = 20_000;
const NOBODY: Queue = { by: '', waiting: 0, first: [] };

const grounds = find<HTMLDialogElement>('grounds');
const keys = find<HTMLDialogElement>('keys');

let gateway: Gateway | null = null;
let leaving = new AbortController();
let by = '';
let queue = NOBODY;
/** Cases that were read, by their key. */
let read = new Map<string, Held>();
/** Counts what was asked to be opened, so that only the last is. */
let asked = 0;
/** Whether the open case is before somebody else, and not to be decided here unless it is taken over. */
let theirs = false;

const open = new Case((held, part, signal) => {
	if (!gateway) throw new Error('nobody reviews');
	return gateway.sound(held.session, part, signal);
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
	rise(open.held);
	leaving.abort();
	asked++;
	open.close();
	gateway = null;
	by = '';
	queue = NOBODY;
	read = new Map();
	showQueue();
	for (const id of ['queue', 'case', 'bar', 'leave']) find(id).hidden = true;
	find('door').hidden = false;
	find('who').textContent = '';
	find('waiting').textContent = '–';
	find('refused').textContent = why;
	connected(false);
	find('key').focus();
}

async function follow(from: Gateway, signal: AbortSignal): Promise<void> {
	let pause_ms = FIRST_RETRY_MS;
	while (!signal.aborted) {
		try {
			for await (const told of from.queue(signal)) {
				pause_ms = FIRST_RETRY_MS;
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
	if (!told.by && !by) {
		leave('This is an operator’s key: write your name too, for the record.');
		return;
	}
	queue = told;
	by = told.by || by;
	connected(true);
	find('door').hidden = true;
	for (const id of ['queue', 'case', 'leave']) find(id).hidden = false;
	find('who').textContent = by;
	const waiting = new Set(told.first.map(keyOf));
	for (const key of read.keys()) if (!waiting.has(key)) read.delete(key);
	const { held } = open;
	const here = told.first.find(isOpen);
	if (held && !here && (!open.gone || theirs) && !pending.holds(keyOf(held))) void lost(held);
	if (here && theirs && !here.before) void show(here);
	if (held && here && !open.gone && !free(here)) void take(held);
	const first = visible().find(free) ?? visible()[0];
	if (!held && first) void show(first);
	else if (!held) open.close();
	showQueue();
	void readAhead();
}

// The queue

/** What waits, without what was decided here a moment ago. */
function visible(): Queued[] {
	return queue.first.filter((one) => !pending.holds(keyOf(one)));
}

function isOpen(one: Waiting): boolean {
	return open.held !== null && keyOf(open.held) === keyOf(one);
}

function showQueue(): void {
	const cases = visible();
	const waiting = queue.waiting - (queue.first.length - cases.length);
	showList(cases, waiting, read, by, isOpen, (one) => void show(one));
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

/** Whether nobody else has it before them. */
function free(one: Queued): boolean {
	return !one.before || one.before === by;
}

function next(step = 1): void {
	const cases = visible();
	const now = cases.findIndex(isOpen);
	const there = cases[now < 0 ? 0 : (now + step + cases.length) % cases.length];
	if (there) void show(there);
	else open.close();
}

async function show(one: Waiting, bleeps: Stretch[] = []): Promise<void> {
	const mine = ++asked;
	try {
		const held = await detailsOf(one);
		if (mine !== asked) return;
		if (!held) {
			await lost(one);
			return;
		}
		if (open.held && !isOpen(one)) rise(open.held);
		open.open(held, bleeps);
		theirs = false;
		showQueue();
		scrollToOpen();
		await take(held);
	} catch (error) {
		if (mine === asked) toast(`This cannot be opened: ${(error as Error).message}`, BAD_NEWS_S);
	}
}

/** Say that the open case is before us, and hear it when it is before somebody else. */
async function take(held: Held, over = false): Promise<void> {
	const lease = await gateway?.take(held, by, over).catch(() => undefined);
	if (!lease || lease.yours || !isOpen(held) || open.gone) return;
	theirs = true;
	open.lose(`${lease.by || 'Somebody else'} has this before them.`, pressable('Take over', 't', takeOver));
}

async function takeOver(): Promise<void> {
	const { held } = open;
	if (!held || !theirs) return;
	await take(held, true);
	await show(held);
}

/** Say that a case is before us no more. */
function rise(held: Held | null): void {
	if (held && !open.gone) gateway?.leave(held, by).catch(() => undefined);
}

/** Say that a case is not to be decided here any more, and by whom it was. */
async function lost(one: Waiting): Promise<void> {
	const records = await gateway?.decided(one.session).catch(() => []);
	const record = records?.find((each) => each.stage === one.stage && Date.parse(each.decided) > Date.parse(one.since));
	theirs = false;
	const why = record
		? `${record.by || 'Somebody else'} has ${record.approved ? 'approved' : 'rejected'} this.`
		: 'The fan has given another one, or has left.';
	if (isOpen(one)) open.lose(why, pressable('Next', 'j', next));
	else toast(why, BAD_NEWS_S);
}

// Decisions

function decide(approved: boolean, why = ''): void {
	const { held } = open;
	if (!held || open.gone) return;
	const censored = approved ? open.bleeps : [];
	const decision: Decision = { stage: held.stage, version: held.version, approved, by, why, censored };
	const cases = visible();
	const here = cases.findIndex(isOpen);
	const others = [...cases.slice(here + 1), ...cases.slice(0, Math.max(0, here))];
	const after = others.find(free) ?? others[0];
	pending.add(held, decision);
	const ground = GROUNDS.find(([id]) => id === why)?.[1];
	const bleeped = censored.length ? `, ${censored.length} bleeped` : '';
	toast(approved ? `Approved${bleeped}` : `Rejected: ${ground}`, UNDO_S, undo);
	open.close();
	if (after) void show(after);
	showQueue();
}

async function send({ held, decision }: Pending, last: boolean): Promise<void> {
	try {
		await gateway?.decide(held.session, decision, last);
		read.delete(keyOf(held));
		// The gateway tells of it too, before or after its answer.
		const first = queue.first.filter((one) => keyOf(one) !== keyOf(held));
		queue = { ...queue, first, waiting: queue.waiting - (queue.first.length - first.length) };
	} catch (error) {
		if (last) return;
		if (error instanceof Refused && (error.status === 409 || error.status === 404)) await lost(held);
		else toast(`Not on record, it waits on: ${(error as Error).message}`, BAD_NEWS_S);
	}
}

function undo(): void {
	const back = pending.undo();
	if (!back) return;
	dismissUndo();
	read.set(keyOf(back.held), back.held);
	void show(back.held, back.decision.censored);
}

function reject(): void {
	if (!open.held || open.gone) return;
	grounds.returnValue = '';
	grounds.showModal();
}

find('ground-list').append(
	...GROUNDS.map(([id, text], index) => {
		const choice = made('button', '', made('kbd', '', String(index + 1)), ' ', text);
		choice.value = id;
		return made('li', '', choice);
	}),
);
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
	' ': () => open.playOrPause(),
	w: () => open.playDoubtful(),
	b: () => open.bleep(),
	a: () => decide(true),
	r: reject,
	z: undo,
	t: () => void takeOver(),
	'1': () => void open.choose('take'),
	'2': () => void open.choose('voice'),
	'3': () => void open.choose('mix'),
	ArrowLeft: () => open.step(false),
	ArrowRight: () => open.step(true),
	'?': () => keys.showModal(),
};

document.addEventListener('keydown', (event) => {
	const { target } = event;
	const choosing = target instanceof HTMLInputElement && target.type === 'radio';
	const typing = target instanceof HTMLInputElement && (!choosing || event.key.startsWith('Arrow'));
	const pressing = target instanceof HTMLButtonElement && event.key === ' ';
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
window.setInterval(() => {
	if (open.held && !open.gone) void take(open.held);
}, LEASE_MS);

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
