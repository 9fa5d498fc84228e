/** A layer with all it needs to be drawn: its source, masks, effects and brushes. */
import type { BlendModeJson, LayerJson, MatteKindJson } from '@fancam/protos/shot';
import { Color, type Texture, type WebGLRenderTarget } from 'three';
import { PLAIN } from './blur.js';
import { Brush, below, filling, type Input, type Look, type Studio } from './brush.js';
import { Chain } from './chain.js';
import { conversion } from './colour-space.js';
import type { Ink, Rectangle } from './ink.js';
import { type Caster, type Lights, LitLayer } from './lights.js';
import { cutsAway, Masks } from './masks.js';
import type { Source } from './source.js';
import type { Box, Space } from './space.js';
import { type Entry, sourceFrame } from './stack.js';

/** Most pixels that a layer's pixel is worth while its effects look around. */
const FINEST = 2;

/** What a layer needs of its composition. */
export interface Place {
	output: { width: number; height: number };
	box: Box;
	/** The picture below an adjustment. */
	below: { value: Texture | null };
	/** Whether the picture below has no transparent places. */
	opaque: boolean;
	frames: number;
	/** Another layer's picture, by the name that an effect gives. */
	picture(name: string): { value: Texture | null };
	/** Whether others read this one's picture. */
	asPicture: boolean;
}

/** A layer that can be drawn. */
export class DrawnLayer {
	readonly layer: LayerJson;
	readonly name: string;
	readonly mode: BlendModeJson;
	readonly matte: MatteKindJson;
	readonly adjusts: boolean;
	/** Whether it never draws anything. */
	readonly empty: boolean;
	/** Its own picture, before masks and effects, for layers that read it. */
	readonly picture = { value: null as Texture | null };
	masks: Masks | null = null;
	lighting: LitLayer | null = null;
	asPicture = false;
	#chain: Chain | null = null;
	/** The source with its colours converted and its masks applied. */
	#input: Input;
	#copy: { brush: Brush; target: WebGLRenderTarget; version: number } | null = null;
	#studio: Studio | null = null;
	readonly #brushes = new Map<string, Brush>();

	constructor(
		readonly entry: Entry,
		readonly source: Source,
	) {
		const { layer } = entry;
		this.layer = layer;
		this.name = entry.name;
		this.mode = layer.blendMode ?? 'BLEND_MODE_NORMAL';
		this.matte = layer.matte?.kind ?? 'MATTE_KIND_UNSPECIFIED';
		this.adjusts = layer.adjustment !== undefined;
		this.empty = layer.null !== undefined || (layer.collapse ?? false);
		this.#input = source;
	}

	/**
	 * Make everything ready.
	 *
	 * @param least How many output pixels cover one of the layer's at least, and `most` at most.
	 */
	async prepare(studio: Studio, least: number, most: number, place: Place): Promise<void> {
		const { layer, source, entry } = this;
		this.#studio = studio;
		// Unless it is collapsed, a composition has pixels of its own and is enlarged from them, as in After Effects.
		const native = place.output.height / place.box.height;
		await source.prepare(least, layer.precomp ? Math.min(most, native) : most);
		const scale = this.adjusts ? place.output.height / place.box.height : Math.min(FINEST, Math.max(most, 1e-3));
		if (cutsAway(layer.masks)) this.masks = new Masks(layer.masks ?? [], source.box, scale);
		const converted = this.adjusts ? null : conversion(layer.colorSpace, studio.linear);
		this.#input = this.adjusts ? below(place.below, place.opaque) : wrapped(source, converted, this.masks);
		const { width, height } = place.output;
		this.#chain = new Chain(studio, this.#input, source.box, layer.effects ?? [], {
			screen: this.adjusts ? { texture: place.below, width, height, opaque: place.opaque } : null,
			scale,
			span: entry.within.length ? [0, place.frames] : [entry.inFrame, entry.outFrame],
			masks: layer.masks ?? [],
			picture: place.picture,
			show: (time) => this.#showAt(time),
			version: () => this.version,
		});
		this.asPicture = place.asPicture;
		if (place.asPicture) {
			const target = studio.canvas(source.box.width * scale, source.box.height * scale);
			const brush = new Brush(studio, wrapped(source, converted, null), [], PLAIN);
			this.#copy = { brush, target, version: -1 };
			this.picture.value = target.texture;
		}
	}

	/** @throws Error before `prepare`. */
	get chain(): Chain {
		if (!this.#chain) throw new Error(`layer ${this.name} is not prepared`);
		return this.#chain;
	}

	/** Equal while the source and its masks show the same. */
	get version(): string {
		return `${this.source.version} ${this.masks?.version ?? 0}`;
	}

	/** Whether frames differ although nothing is keyframed. */
	get timed(): boolean {
		const moving = this.layer.effects?.some(({ grain, echo }) => grain || echo) ?? false;
		return moving || this.mode === 'BLEND_MODE_DANCING_DISSOLVE';
	}

	/** Whether it leaves nothing of what is below. */
	get opaque(): boolean {
		return this.source.opaque && this.chain.input.opaque && !this.lighting;
	}

	/** The time its own properties count in. */
	time(frame: number): number {
		return this.entry.clock(frame);
	}

	/** Put its picture of a frame on the GPU; false when it shows nothing. */
	show(frame: number): Promise<boolean> {
		return this.#showAt(this.time(frame));
	}

	async #showAt(time: number): Promise<boolean> {
		this.masks?.show(time);
		return this.source.show(sourceFrame(this.layer, time));
	}

	/** Run the effects that come before the layer's own pass. */
	async run(frame: number): Promise<void> {
		if (this.adjusts) this.masks?.show(this.time(frame));
		await this.chain.run(this.time(frame));
	}

	/** Draw the picture that other layers read. */
	paintPicture(): void {
		if (!this.#copy || this.#copy.version === this.source.version) return;
		const { brush, target } = this.#copy;
		const { box } = this.source;
		this.#studio?.wash(target, new Color(0, 0, 0), 0);
		brush.set(0, { toClip: filling(box), box, margin: 0, opacity: 1 });
		this.#studio?.paint(brush, target);
		this.#copy.version = this.source.version;
	}

	/** Let lights fall on it. */
	lit(lights: Lights, space: Space, casters: readonly Caster[]): void {
		this.lighting = new LitLayer(this.layer, lights, space, casters);
	}

	/** Where its own pass leaves anything, where that is known. */
	get ink(): Ink | null {
		const plain = this.chain.input === this.#input && !this.chain.inlines.some(({ spills }) => spills);
		return plain ? (this.source.ink ?? null) : null;
	}

	/** Where its own pass hides what is below, in shares of its box, provided that its pixels lie on the output's. */
	get solid(): readonly Rectangle[] {
		const { blendMode, matte, preserveTransparency, threeD, motionBlur } = this.layer;
		const normal = (blendMode ?? 'BLEND_MODE_NORMAL') === 'BLEND_MODE_NORMAL';
		const plain = normal && !matte && !preserveTransparency && !threeD && !motionBlur && !this.masks;
		return plain && !this.chain.inlines.length ? (this.ink?.solid ?? []) : [];
	}

	/** Whether its pixels lie on the output's, given how many of those its box covers. */
	exactOn(grid: readonly [number, number] | null): boolean {
		const { texels } = this.source;
		return (
			texels !== undefined && this.chain.input === this.#input && texels[0] === grid?.[0] && texels[1] === grid?.[1]
		);
	}

	/** The brush that draws it so; made once. */
	brush(studio: Studio, look: Look): Brush {
		const { mode, matte, edges, exact, masked, cuts, ground, lighting } = look;
		const key = [mode, matte, edges, exact, masked, cuts, ground?.transparent, ground?.preserve, lighting?.key].join(
			' ',
		);
		let brush = this.#brushes.get(key);
		if (!brush) {
			brush = new Brush(studio, this.chain.input, this.chain.inlines, look);
			this.#brushes.set(key, brush);
		}
		return brush;
	}

	dispose(): void {
		this.source.dispose();
		this.masks?.dispose();
		this.#chain?.dispose();
		this.#copy?.brush.dispose();
		this.#copy?.target.dispose();
		for (const brush of this.#brushes.values()) brush.dispose();
	}
}

/** A source with its colours converted to the working space and its masks applied. */
function wrapped(source: Source, converted: string | null, masks: Masks | null): Input {
	if (!converted && !masks) return source;
	const { glsl, uniforms, opaque } = source;
	return {
		glsl: /* glsl */ `
			#define fetch unwrapped
			${glsl}
			#undef fetch
			${converted ?? ''}
			${masks ? 'uniform sampler2D maskOfSource;' : ''}
			vec4 fetch(vec2 uv) {
				vec4 c = unwrapped(uv);
				${converted ? 'c.rgb = convert(c.rgb / max(c.a, 1e-4)) * c.a;' : ''}
				${masks ? 'c *= texture(maskOfSource, uv).r;' : ''}
				return c;
			}`,
		uniforms: { ...uniforms, ...(masks && { maskOfSource: { value: masks.texture } }) },
		opaque: opaque && !masks,
	};
}
