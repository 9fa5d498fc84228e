/** The list of what waits, the longest first, and how long it has waited. */
import { find, made } from './elements.js';
import { keyOf } from './pending.js';
import type { Held, Queued, Waiting } from './rest.js';

/** From here on a wait is shown as late, and as too late. */
const LATE_S = 600;
const TOO_LATE_S = 1800;

/**
 * Show what waits.
 *
 * @param cases What is listed.
 * @param waiting How much waits in all; more than is listed, if it is much.
 * @param read What is known of cases, by their keys.
 * @param by Who sits here.
 * @param isOpen Whether a case is the open one.
 * @param open Opens a case.
 */
export function showList(
	cases: Queued[],
	waiting: number,
	read: ReadonlyMap<string, Held>,
	by: string,
	isOpen: (one: Waiting) => boolean,
	open: (one: Waiting) => void,
): void {
	find('waiting').textContent = String(waiting);
	document.title = waiting ? `(${waiting}) Fancam review` : 'Fancam review';
	const list = find('cases');
	const focused = document.activeElement?.closest<HTMLElement>('#cases button')?.dataset.key;
	list.replaceChildren(
		...cases.map((one) => {
			const known = read.get(keyOf(one));
			const why = made('span', 'reason', known?.name || known?.reason || '…');
			why.dir = 'auto';
			const kind = made('span', 'kind', one.stage === 'name' ? 'Name' : 'Take');
			const before = one.before && one.before !== by ? [made('span', 'before', one.before)] : [];
			const entry = made('button', one.stage, kind, why, waits(one), ...before);
			entry.type = 'button';
			entry.dataset.key = keyOf(one);
			if (isOpen(one)) entry.ariaCurrent = 'true';
			entry.addEventListener('click', () => open(one));
			return made('li', '', entry);
		}),
	);
	if (focused) list.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
	find('more').textContent = waiting > cases.length ? `and ${waiting - cases.length} more behind these` : '';
	showAges();
}

/** Bring the open case into view. */
export function scrollToOpen(): void {
	find('cases').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

/** How long a case has waited; `showAges` keeps it true. */
export function waits(one: Waiting): HTMLTimeElement {
	const age = made('time');
	age.dateTime = one.since;
	return age;
}

export function showAges(): void {
	for (const element of document.querySelectorAll<HTMLTimeElement>('time[datetime]')) {
		const age_s = secondsSince(element.dateTime);
		element.textContent = ageOf(age_s);
		element.className = lateness(age_s);
	}
	const oldest = document.querySelector<HTMLTimeElement>('#cases time');
	find('oldest').textContent = oldest ? `· the oldest for ${oldest.textContent}` : '';
	find('oldest').className = oldest?.className ?? '';
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
