/** What is shown of a verdict: its findings, the line word by word with both opinions, a name letter by letter. */
import { made } from './elements.js';
import type { Beside, Finding, Held } from './rest.js';

const SEVERITY = ['', 'mild', 'vulgar', 'hard', 'slur'];

/** A text in the fan's language: its script decides which way it runs. */
function said(text: string, locale: string, kind = ''): HTMLElement {
	const element = made('bdi', kind, text);
	element.lang = locale;
	return element;
}

/** Whether lines of a language run from right to left. */
export function rightToLeft(locale: string): boolean {
	try {
		const script = new Intl.Locale(locale).maximize().script ?? '';
		return ['Arab', 'Hebr', 'Thaa', 'Syrc', 'Nkoo', 'Adlm', 'Rohg'].includes(script);
	} catch {
		return false;
	}
}

/** The severest finding that a word of the line lies in. */
function findingAt(held: Held, word: Beside): Finding | undefined {
	return held.findings
		.filter((finding) => finding.start_s < word.end_s && word.start_s < finding.end_s)
		.sort((one, other) => other.severity - one.severity)[0];
}

/** Whether a person has to listen to a word: something was found in it, or another word was heard than the song has. */
export function doubtful(held: Held, word: Beside): boolean {
	return findingAt(held, word) !== undefined || (held.transcribed && word.likeness < 1);
}

/** One finding as a card: what, how bad, by which rule, and why. */
export function card(finding: Finding, locale: string): HTMLElement {
	const level = made('span', 'level', SEVERITY[finding.severity] ?? '');
	level.dataset.severity = String(finding.severity);
	const title = made('h3', '', said(finding.text, locale), ' ', level, ' ', made('span', 'quiet', finding.category));
	const facts: (Node | string)[] = [];
	const fact = (term: string, ...inside: (Node | string)[]) =>
		facts.push(made('dt', '', term), made('dd', '', ...inside));
	if (finding.expected) fact('the song has', said(finding.expected, locale));
	if (finding.form && finding.form !== finding.text) fact('read as', said(finding.form, locale));
	fact('rule', made('code', '', finding.entry));
	fact('policy', finding.action.replaceAll('_', ' '));
	if (finding.evidence) fact('evidence', finding.evidence);
	return made('article', 'finding', title, made('dl', '', ...facts));
}

/** The words of the line as buttons, the song's over those that were heard. */
export function lineOf(held: Held, play: (index: number) => void): HTMLElement[] {
	return held.line.map((word, index) => {
		const finding = findingAt(held, word);
		const button = made(
			'button',
			'',
			made('span', 'song', word.expected ? said(word.expected, held.locale) : made('i', '', '–')),
			made('span', 'heard', word.heard ? said(word.heard, held.locale) : made('i', '', held.transcribed ? '–' : '?')),
		);
		button.type = 'button';
		if (finding) button.dataset.severity = String(finding.severity);
		else if (doubtful(held, word)) button.dataset.other = '';
		const opinions = held.transcribed
			? `song ${word.expected || 'nothing'}, heard ${word.heard || 'nothing'}`
			: `song ${word.expected}, not listened to`;
		const found = finding ? `, ${SEVERITY[finding.severity]} ${finding.category}` : '';
		button.ariaLabel = `${opinions}${found}, at ${word.start_s.toFixed(1)} seconds`;
		button.addEventListener('click', () => play(index));
		return made('li', '', button);
	});
}

/** A name's characters, those that are not of its commonest script set apart: so disguises are seen. */
export function lettersOf(name: string): HTMLElement[] {
	const parts = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(name)].map((one) => one.segment);
	const scripts = parts.map(scriptOf);
	const counts = new Map<string, number>();
	for (const script of scripts) if (script) counts.set(script, (counts.get(script) ?? 0) + 1);
	const usual = [...counts].sort((one, other) => other[1] - one[1])[0]?.[0] ?? '';
	return parts.map((part, index) => {
		const points = [...part].map((char) => `U+${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`);
		const script = scripts[index] ?? '';
		const odd = script !== usual && part.trim() !== '';
		return made(
			'li',
			odd ? 'odd' : '',
			made('bdi', '', part),
			made('small', '', points.join(' ')),
			made('small', '', script || 'sign'),
		);
	});
}

const SCRIPTS = [
	...['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Georgian', 'Cherokee', 'Hebrew', 'Arabic', 'Devanagari', 'Bengali'],
	...['Tamil', 'Telugu', 'Thai', 'Khmer', 'Hangul', 'Hiragana', 'Katakana', 'Han', 'Ethiopic'],
].map((script) => [script, new RegExp(`\\p{Script=${script}}`, 'u')] as const);

function scriptOf(part: string): string {
	return SCRIPTS.find(([, pattern]) => pattern.test(part))?.[0] ?? '';
}
