/** What lies over the picture for the designer's eye alone: safe areas, a phone's player, where slots are. */

/** A box in the composition's pixels with a word on it. */
export interface Marked {
	label: string;
	left: number;
	top: number;
	width: number;
	height: number;
}

const SVG = 'http://www.w3.org/2000/svg';

/** Shares of width and height within which moving pictures, and text, are never cut off (SMPTE ST 2046-1). */
const ACTION_SAFE = 0.93;
const TITLE_SAFE = 0.9;

/**
 * Shares of a vertical picture that players of short films on phones cover: status and tabs above, caption and sound below,
 * buttons to the right.
 */
const PHONE = { above: 0.11, below: 0.2, right: 0.15, rightFrom: 0.42 };

/** Draw the guides that are wanted over a picture of `width` by `height` pixels. */
export function drawGuides(
	overlay: SVGSVGElement,
	width: number,
	height: number,
	wanted: string,
	slots: Marked[],
): void {
	overlay.replaceChildren();
	overlay.setAttribute('viewBox', `0 0 ${width} ${height}`);
	const thin = width / 360;
	const box = (at: Omit<Marked, 'label'>, look: Record<string, string>): void => {
		const { left, top, width: across, height: down } = at;
		overlay.append(element('rect', { x: left, y: top, width: across, height: down, ...look }));
	};
	if (wanted === 'safe' || wanted === 'both') {
		for (const [share, dash] of [
			[ACTION_SAFE, ''],
			[TITLE_SAFE, `${4 * thin} ${3 * thin}`],
		] as const) {
			box(
				{
					left: (width * (1 - share)) / 2,
					top: (height * (1 - share)) / 2,
					width: width * share,
					height: height * share,
				},
				{ fill: 'none', stroke: '#6fe3ff', 'stroke-width': String(thin), 'stroke-dasharray': dash },
			);
		}
		const cross = `M${width / 2 - 8 * thin} ${height / 2}h${16 * thin}M${width / 2} ${height / 2 - 8 * thin}v${16 * thin}`;
		overlay.append(element('path', { d: cross, stroke: '#6fe3ff', 'stroke-width': String(thin) }));
	}
	if (wanted === 'phone' || wanted === 'both') {
		const shade = { fill: '#000', 'fill-opacity': '0.42' };
		const white = { fill: '#fff', 'fill-opacity': '0.85' };
		box({ left: 0, top: 0, width, height: height * PHONE.above }, shade);
		box({ left: 0, top: height * (1 - PHONE.below), width, height: height * PHONE.below }, shade);
		const from = height * PHONE.rightFrom;
		const until = height * (1 - PHONE.below);
		box({ left: width * (1 - PHONE.right), top: from, width: width * PHONE.right, height: until - from }, shade);
		for (let button = 0; button < 4; button++) {
			overlay.append(
				element('circle', {
					cx: width * (1 - PHONE.right / 2),
					cy: from + ((button + 0.5) * (until - from)) / 4,
					r: width * 0.042,
					...white,
				}),
			);
		}
		const line = { height: 7 * thin, rx: 3 * thin, ...white };
		for (const [row, share] of [0.3, 0.62, 0.48].entries()) {
			const y = until + (18 + row * 15) * thin;
			overlay.append(element('rect', { x: width * 0.05, y, width: width * share, ...line }));
		}
		overlay.append(element('rect', { x: width * 0.36, y: 26 * thin, width: width * 0.28, ...line }));
	}
	for (const slot of slots) {
		box(slot, {
			fill: 'none',
			stroke: '#ff5fa8',
			'stroke-width': String(1.2 * thin),
			'stroke-dasharray': `${6 * thin} ${4 * thin}`,
		});
		const label = element('text', { x: slot.left + 5 * thin, y: slot.top + 14 * thin, fill: '#ff5fa8' });
		label.style.fontSize = `${11 * thin}px`;
		label.textContent = slot.label;
		overlay.append(label);
	}
}

function element(name: string, attributes: Record<string, string | number>): SVGElement {
	const made = document.createElementNS(SVG, name);
	for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
	return made;
}
