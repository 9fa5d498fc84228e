/** Elements of the page: those that are there, and those that are made. */

/** @throws Error The page has none of this name. */
export function find<T extends HTMLElement = HTMLElement>(id: string): T {
	const found = document.getElementById(id);
	if (!found) throw new Error(`the page has no ${id}`);
	return found as T;
}

/** A button of the page. */
export function button(id: string): HTMLButtonElement {
	return find<HTMLButtonElement>(id);
}

/** An element with a class and what is inside of it. */
export function made<K extends keyof HTMLElementTagNameMap>(
	tag: K,
	kind = '',
	...inside: (Node | string)[]
): HTMLElementTagNameMap[K] {
	const element = document.createElement(tag);
	if (kind) element.className = kind;
	element.append(...inside);
	return element;
}

/** A button with a key beside its text, that does something. */
export function pressable(text: string, key: string, action: () => void): HTMLButtonElement {
	const element = made('button', '', `${text} `, made('kbd', '', key));
	element.type = 'button';
	element.addEventListener('click', () => action());
	return element;
}

/** Say something for a while; of what can be undone, only the last. */
export function toast(text: string, seconds: number, undo?: () => void): void {
	const note = made('div', undo ? 'toast undo' : 'toast bad', made('span', '', text));
	if (undo) {
		dismissUndo();
		note.append(pressable('Undo', 'z', undo));
	}
	find('toasts').append(note);
	window.setTimeout(() => note.remove(), seconds * 1000);
}

export function dismissUndo(): void {
	for (const element of document.querySelectorAll('.toast.undo')) element.remove();
}
