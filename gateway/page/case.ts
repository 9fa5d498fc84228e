/** The open case: what was found in it, its line, its sounds, and the words that are to be bleeped. */
import { button, find, made } from './elements.js';
import { card, doubtful, lettersOf, lineOf, rightToLeft } from './line.js';
import { waits } from './list.js';
import { Player } from './player.js';
import type { Beside, Held, Part, Stretch } from './rest.js';
import { type Band, Wave } from './wave.js';

const PARTS: Record<Part, string> = { take: 'Take', voice: 'Tuned voice', mix: 'Song' };
/** What is heard before and after a word, and before a doubtful one, in seconds. */
const AROUND_S = 0.25;
const LEAD_S = 0.8;

/** Fetches the bytes of one of a case's sounds. */
export type Fetch = (held: Held, part: Part, signal: AbortSignal) => Promise<ArrayBuffer>;

export class Case {
	#held: Held | null = null;
	#gone = false;
	/** The word of the line that keys speak of; -1 for none. */
	#here = -1;
	#bleeped = new Set<number>();
	#closing = new AbortController();
	readonly #player = new Player(() => this.#showPlaying());
	readonly #wave = new Wave(find<HTMLCanvasElement>('shape'), find('places'), find('head'), (at_s) => {
		this.#player.seek(at_s);
		this.#stand();
	});

	constructor(private readonly fetch: Fetch) {}

	get held(): Held | null {
		return this.#held;
	}

	/** Whether it is not to be decided here any more: somebody else has, or the fan has left. */
	get gone(): boolean {
		return this.#gone;
	}

	/** What is to be bleeped, in order. */
	get bleeps(): Stretch[] {
		const words = [...this.#bleeped].sort((one, other) => one - other).flatMap((index) => this.#line[index] ?? []);
		return words.map(({ start_s, end_s }) => ({ start_s, end_s, action: 'bleep' }));
	}

	close(): void {
		this.#forget({});
		this.#held = null;
		find('held').hidden = find('bar').hidden = true;
		find('nothing').hidden = false;
	}

	/** Show a case, with words that were to be bleeped when it was decided on before. */
	open(held: Held, bleeps: Stretch[] = []): void {
		this.#forget(held.begins);
		this.#held = held;
		const begins = new Set(bleeps.map(({ start_s }) => start_s));
		this.#bleeped = new Set([...held.line.keys()].filter((index) => begins.has(held.line[index]?.start_s ?? -1)));
		this.#player.bleeps = this.bleeps;
		this.#lay(held);
		if (held.links.take) void this.#listen(held, 'take');
	}

	/** Say why it is not to be decided here any more, and how to go on. */
	lose(why: string, on: HTMLElement): void {
		this.#gone = true;
		this.#player.pause();
		find('gone').replaceChildren(why, ' ', on);
		find('gone').hidden = false;
		this.#mark();
	}

	playOrPause(): void {
		if (this.#player.playing) this.#player.pause();
		else void this.#player.play();
	}

	async choose(part: Part): Promise<void> {
		if (!this.#held?.links[part]) return;
		const choice = document.querySelector<HTMLInputElement>(`input[name=part][value=${part}]`);
		if (choice) choice.checked = true;
		await this.#listen(this.#held, part);
		if (this.#player.has(part)) this.#player.choose(part);
	}

	/** Go to the next word that is seen to the left or to the right, and play it. */
	step(right: boolean): void {
		const count = this.#line.length;
		const by = right === (find('line').dir === 'rtl') ? -1 : 1;
		const from = this.#here < 0 && by < 0 ? count : this.#here;
		if (count) this.#play((from + by + count) % count);
	}

	playDoubtful(): void {
		const held = this.#held;
		if (!held) return;
		const found = held.line.flatMap((word, index) => (doubtful(held, word) ? [index] : []));
		const there = found.find((index) => index > this.#here) ?? found[0];
		if (there !== undefined) this.#play(there, LEAD_S);
	}

	bleep(): void {
		if (this.#gone || !this.#canBleep) return;
		if (!this.#bleeped.delete(this.#here)) this.#bleeped.add(this.#here);
		this.#player.bleeps = this.bleeps;
		this.#mark();
	}

	get #line(): Beside[] {
		return this.#held?.line ?? [];
	}

	get #canBleep(): boolean {
		const word = this.#line[this.#here];
		return word !== undefined && (word.heard !== '' || !this.#held?.transcribed);
	}

	#forget(begins: Held['begins']): void {
		this.#closing.abort();
		this.#closing = new AbortController();
		this.#player.open(begins);
		this.#gone = false;
		this.#here = -1;
		this.#bleeped = new Set();
	}

	#lay(held: Held): void {
		const sings = held.stage === 'sing';
		find('nothing').hidden = find('gone').hidden = find('silent').hidden = true;
		find('held').hidden = find('bar').hidden = false;
		const language = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' }).of(held.locale || 'und');
		const ear = held.transcribed ? `heard by ${held.engine}` : 'nobody has listened';
		find('chips').replaceChildren(
			made('span', '', held.campaign),
			made('span', '', language ?? held.locale),
			...(sings ? [made('span', held.transcribed ? '' : 'warn', ear)] : []),
			made('span', '', 'waiting ', waits(held)),
		);
		const why = find('why');
		why.textContent = held.reason || (sings ? 'A take' : 'A name');
		why.dir = 'auto';
		find('findings').replaceChildren(...held.findings.map((finding) => card(finding, held.locale)));
		find('findings').hidden = !held.findings.length;
		find('name').hidden = sings;
		find('drawn').replaceChildren(made('bdi', '', held.name));
		find('drawn').lang = held.locale;
		find('letters').replaceChildren(...lettersOf(held.name));
		find('words').hidden = find('sound').hidden = !sings;
		find('line').dir = find('words').dir = rightToLeft(held.locale) ? 'rtl' : 'ltr';
		find('line').replaceChildren(...lineOf(held, (index) => this.#play(index)));
		this.#layParts(held);
		this.#show(held, null);
		this.#mark();
		this.#showPlaying();
		why.focus();
	}

	#layParts(held: Held): void {
		const parts = (Object.keys(PARTS) as Part[]).filter((part) => held.links[part]);
		const choices = parts.map((part, index) => {
			const choice = made('input');
			Object.assign(choice, { type: 'radio', name: 'part', value: part, checked: part === 'take' });
			choice.addEventListener('change', () => void this.choose(part));
			return made('label', '', choice, made('span', '', `${PARTS[part]} `, made('kbd', '', String(index + 1))));
		});
		find('parts').replaceChildren(made('legend', '', 'Listen to'), ...choices);
	}

	#show(held: Held, sound: AudioBuffer | null): void {
		this.#wave.show(sound, held.line.at(-1)?.end_s ?? 0);
		const places = held.line.map((word) => ({
			text: word.heard || word.expected,
			start_s: word.start_s,
			end_s: word.end_s,
			kind: !word.heard && held.transcribed ? 'missing' : doubtful(held, word) ? 'doubtful' : '',
		}));
		this.#wave.write(places, held.locale);
		this.#stand();
	}

	async #listen(held: Held, part: Part): Promise<void> {
		const { signal } = this.#closing;
		if (this.#player.has(part)) return;
		try {
			const data = await this.fetch(held, part, signal);
			if (signal.aborted) return;
			const sound = await this.#player.add(part, data);
			if (!signal.aborted && part === 'take') this.#show(held, sound);
		} catch (error) {
			if (signal.aborted) return;
			const which = PARTS[part].toLowerCase();
			find('silent').hidden = false;
			find('silent').textContent =
				error instanceof DOMException
					? `This browser cannot play the ${which} as it was recorded; listen to another sound.`
					: `The ${which} cannot be fetched: ${(error as Error).message}`;
		}
	}

	#play(index: number, lead_s = AROUND_S): void {
		const word = this.#line[index];
		if (!word) return;
		this.#here = index;
		this.#mark();
		void this.#player.play(word.start_s - lead_s, word.end_s + AROUND_S);
	}

	/** Show which word is meant, which are doubtful and which are bleeped, and what can be decided. */
	#mark(): void {
		const held = this.#held;
		if (!held) return;
		for (const [index, entry] of [...find('line').children].entries()) {
			entry.firstElementChild?.classList.toggle('here', index === this.#here);
			entry.firstElementChild?.classList.toggle('bleeped', this.#bleeped.has(index));
		}
		const bands: Band[] = held.line.flatMap((word, index) => [
			...(doubtful(held, word) ? [{ ...word, kind: 'doubtful' as const }] : []),
			...(this.#bleeped.has(index) ? [{ ...word, kind: 'bleep' as const }] : []),
			...(index === this.#here ? [{ ...word, kind: 'here' as const }] : []),
		]);
		this.#wave.mark([...bands, ...held.censored.map((stretch) => ({ ...stretch, kind: 'bleep' as const }))]);
		button('yes').disabled = button('no').disabled = this.#gone;
		button('bleep').hidden = held.stage !== 'sing';
		button('bleep').disabled = this.#gone || !this.#canBleep;
		button('bleep').ariaPressed = String(this.#bleeped.has(this.#here));
		const count = this.#bleeped.size;
		find('yes-word').textContent = count ? `Approve, ${count} ${count === 1 ? 'word' : 'words'} bleeped` : 'Approve';
	}

	#showPlaying(): void {
		const { playing } = this.#player;
		button('play').ariaPressed = String(playing);
		find('play-sign').textContent = playing ? '❚❚' : '▶';
		find('play-word').textContent = playing ? 'Pause' : 'Play';
		this.#stand();
		if (playing) requestAnimationFrame(() => this.#run());
	}

	#run(): void {
		this.#stand();
		if (this.#player.playing) requestAnimationFrame(() => this.#run());
	}

	#stand(): void {
		const { at_s, playing } = this.#player;
		this.#wave.stand(at_s);
		find('clock').textContent = `${at_s.toFixed(1)} s`;
		for (const [index, entry] of [...find('line').children].entries()) {
			const word = this.#line[index];
			const now = playing && word !== undefined && word.start_s <= at_s && at_s < word.end_s;
			entry.firstElementChild?.classList.toggle('now', now);
		}
	}
}
