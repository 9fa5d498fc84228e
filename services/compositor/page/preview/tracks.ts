/** A shot's layers as bars over its frames, as After Effects' timeline panel shows them, with a diamond per keyframe. */
import type { LayerJson, ShotJson } from '@fancam/protos/shot';

/** Kinds of layers, each with the colour of its bar. */
const KINDS = {
	avatar: '#ff5fa8',
	text: '#c58bff',
	footage: '#5fb4ff',
	image: '#58d6a0',
	solid: '#a8894f',
	shapes: '#4fc7c7',
	precomp: '#c7a24f',
	adjustment: '#8f93ff',
	null: '#5a6072',
	light: '#ffd35e',
} as const;

/** Which kind a layer is. */
export function kindOf(layer: LayerJson): string {
	return Object.keys(KINDS).find((kind) => kind in layer) ?? 'layer';
}

/** What of a layer is the fan's, in a word; empty when nothing is. */
export function slotOf(layer: LayerJson): string {
	if (layer.avatar && !layer.avatar.recipe) return 'avatar';
	const written = layer.text?.text ?? '';
	if (written.includes('{name}')) return 'name';
	return written.includes('{message}') ? 'message' : '';
}

/** Draw a bar per layer. */
export function drawTracks(list: HTMLElement, shot: ShotJson, first: number, frames: number): void {
	const rows = (shot.layers ?? []).map((layer) => {
		const row = document.createElement('div');
		const slot = slotOf(layer);
		row.className = slot ? 'track slot' : 'track';
		const name = document.createElement('span');
		name.textContent = layer.name ?? '';
		name.title = `${kindOf(layer)}${layer.comment ? `: ${layer.comment}` : ''}`;
		row.append(name);
		const from = Math.max(0, (layer.inFrame ?? 0) - first);
		const until = Math.min(frames, (layer.outFrame || (shot.frames ?? 0)) - first);
		if (until > from) {
			const bar = document.createElement('i');
			bar.style.setProperty('--kind', KINDS[kindOf(layer) as keyof typeof KINDS] ?? '#5a6072');
			bar.style.left = across(from / frames);
			bar.style.width = `calc((100% - var(--names)) * ${(until - from) / frames})`;
			row.append(bar);
		}
		for (const frame of keyframesOf(layer)) {
			if (frame < first || frame > first + frames) continue;
			const key = document.createElement('s');
			key.style.left = across((frame - first) / frames);
			key.title = `keyframe at ${frame}`;
			row.append(key);
		}
		return row;
	});
	list.replaceChildren(...rows);
}

/** Where a share of the shot's frames lies in a track. */
export function across(share: number): string {
	return `calc(var(--names) + (100% - var(--names)) * ${share})`;
}

/** Frames of a layer's keyframes, each once. */
function keyframesOf(layer: LayerJson): number[] {
	const frames = new Set<number>();
	const look = (value: unknown): void => {
		if (Array.isArray(value)) value.forEach(look);
		else if (value && typeof value === 'object') {
			for (const [key, inner] of Object.entries(value)) {
				if (key === 'keyframes' && Array.isArray(inner)) {
					for (const keyframe of inner) frames.add(Number((keyframe as { frame?: number }).frame ?? 0));
				} else look(inner);
			}
		}
	};
	look(layer);
	return [...frames];
}
