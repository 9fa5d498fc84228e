/** Passes over pixels: one quad, one shader made of a source, its inline effects and a way to blend. */

import type { BlendModeJson, MatteKindJson } from '@fancam/protos/shot';
import type { Finish } from '@fancam/stage';
import {
	AddEquation,
	Box2,
	type BufferGeometry,
	type Color,
	CustomBlending,
	DoubleSide,
	GLSL3,
	HalfFloatType,
	LinearFilter,
	Matrix4,
	Mesh,
	NoBlending,
	OrthographicCamera,
	PlaneGeometry,
	RawShaderMaterial,
	Scene,
	type Texture,
	type TextureDataType,
	UnsignedByteType,
	Vector2,
	Vector4,
	type WebGLRenderer,
	WebGLRenderTarget,
} from 'three';
import { ADDING, BEHIND, type Factors, factors, functions, type Ground, MATTE, mixing } from './blend.js';
import { type Inline, LIBRARY } from './effects.js';
import type { Rectangles } from './ink.js';
import type { Uniforms } from './source.js';
import type { Box } from './space.js';

/** A box of 0-1. */
export const UNIT: Box = { left: 0, top: 0, width: 1, height: 1 };

/** What a shader reads. */
export interface Input {
	/** GLSL that declares uniforms and `vec4 fetch(vec2 uv)`. */
	glsl: string;
	uniforms: Uniforms;
	opaque: boolean;
}

/** Reads the whole picture below at the very pixel that is drawn. */
export function below(texture: { value: Texture | null }, opaque: boolean): Input {
	return {
		glsl: `uniform sampler2D underneath;
			vec4 fetch(vec2 uv) {
				vec4 here = texelFetch(underneath, ivec2(spot), 0);
				return ${opaque ? 'vec4(here.rgb, 1.0)' : 'here'};
			}`,
		uniforms: { underneath: texture },
		opaque,
	};
}

/** Reads a texture, by default at the layer's own 0-1. */
export function textured(texture: { value: Texture | null }, opaque: boolean, uv = 'uv'): Input {
	return {
		glsl: `uniform sampler2D picture; vec4 fetch(vec2 uv) { return texture(picture, ${uv}); }`,
		uniforms: { picture: texture },
		opaque,
	};
}

/** How a pass writes. */
export interface Look {
	/** Replace what is there, sum it up, mix it with the backdrop by its share, go behind it, or blend. */
	mode: BlendModeJson | 'replace' | 'sum' | 'mix' | 'behind';
	matte: MatteKindJson;
	/** Whether the box's edges lie inside the picture and are softened. */
	edges: boolean;
	/** Whether the input's pixels lie on the output's, so that nothing has to be filtered. */
	exact?: boolean;
	ground?: Ground;
	/** Whether a mask over the box is applied in this pass; only adjustments need it here. */
	masked?: boolean;
	/** Sides of planes that the layer was cut by. */
	cuts?: number;
	/** How light falls on the layer. */
	lighting?: Lighting;
}

/** GLSL that lights a layer in space. */
export interface Lighting {
	key: string;
	/** Declares uniforms and `vec4 light(vec4 fetched, vec3 place)`; `place` is in the composition's pixels. */
	glsl: string;
	uniforms: Uniforms;
}

/** What changes from pass to pass. */
export interface Stroke {
	toClip: Matrix4;
	box: Box;
	/** What of the layer the box is, where it is not in the layer's own pixels. */
	region?: Box;
	margin: number;
	opacity: number;
	matte?: Texture | null;
	backdrop?: Texture | null;
	mask?: Texture | null;
	/** Lines that the layer was cut along; see crossing.ts. */
	cuts?: readonly Vector4[];
	/** From the layer's pixels to the composition's. */
	world?: Matrix4;
}

const SOLID_GROUND: Ground = { transparent: false, preserve: false };
/** Planes that one piece of a layer may be cut by. */
const MOST_CUTS = 16;

/** One kind of pass with its uniforms. */
export class Brush {
	readonly material: RawShaderMaterial;
	readonly #uniforms;
	readonly #inlines: readonly Inline[];
	readonly #studio: Studio;
	/** GLSL of `finish`. */
	readonly #finishing: () => string;
	#finish: Finish | null = null;

	constructor(studio: Studio, input: Input, inlines: readonly Inline[], look: Look) {
		this.#finishing = () => finishing(input, inlines, look, studio.linear);
		this.#inlines = inlines;
		this.#studio = studio;
		this.#uniforms = {
			toClip: { value: null as Matrix4 | null },
			world: { value: null as Matrix4 | null },
			box: { value: new Vector4() },
			region: { value: new Vector4() },
			margin: { value: 0 },
			opacity: { value: 1 },
			moment: { value: 0 },
			matte: { value: null as Texture | null },
			backdrop: { value: null as Texture | null },
			maskPicture: { value: null as Texture | null },
			cuts: { value: Array.from({ length: MOST_CUTS }, () => new Vector4()) },
		};
		const fixed = blendingOf(look);
		this.material = new RawShaderMaterial({
			glslVersion: GLSL3,
			vertexShader: vertex(look),
			fragmentShader: fragment(input, inlines, look, studio.linear),
			uniforms: Object.assign(
				{ outputSize: studio.outputSize },
				this.#uniforms,
				input.uniforms,
				look.lighting?.uniforms,
				...inlines.map((effect) => effect.uniforms),
			),
			side: DoubleSide,
			depthTest: false,
			depthWrite: false,
			blending: fixed ? CustomBlending : NoBlending,
			blendEquation: AddEquation,
			...(fixed && {
				blendSrc: fixed.colour[0],
				blendDst: fixed.colour[1],
				blendSrcAlpha: fixed.alpha[0],
				blendDstAlpha: fixed.alpha[1],
			}),
		});
	}

	/** Set everything for a pass of one frame. */
	set(frame: number, pass: Stroke): void {
		const { box } = pass;
		this.#uniforms.toClip.value = pass.toClip;
		this.#uniforms.world.value = pass.world ?? null;
		this.#uniforms.box.value.set(box.left, box.top, box.width, box.height);
		const { left, top, width, height } = pass.region ?? box;
		this.#uniforms.region.value.set(left, top, width, height);
		this.#uniforms.margin.value = pass.margin;
		this.#uniforms.opacity.value = pass.opacity;
		this.#uniforms.moment.value = Math.floor(frame) >>> 0;
		this.#uniforms.matte.value = pass.matte ?? null;
		this.#uniforms.backdrop.value = pass.backdrop ?? null;
		this.#uniforms.maskPicture.value = pass.mask ?? null;
		for (const [index, cut] of pass.cuts?.entries() ?? []) this.#uniforms.cuts.value[index]?.copy(cut);
		for (const effect of this.#inlines) effect.update(frame);
	}

	/** Which share of its target the pass as it is set covers, 0 to 1: the area of the box's bounds inside it. */
	get share(): number {
		const { x: left, y: top, z: width, w: height } = this.#uniforms.box.value;
		const { margin, toClip } = this.#uniforms;
		if (!toClip.value) return 1;
		const bounds = new Box2();
		for (const x of [left - margin.value, left + width + margin.value])
			for (const y of [top - margin.value, top + height + margin.value]) {
				const corner = new Vector4(x, y, 0, 1).applyMatrix4(toClip.value);
				bounds.expandByPoint(new Vector2(corner.x / corner.w, corner.y / corner.w).clampScalar(-1, 1));
			}
		const size = bounds.getSize(new Vector2());
		return (size.x * size.y) / 4;
	}

	/** The pass as the last step of a picture, for a box that is all of the output and replaces it. */
	get finish(): Finish {
		this.#finish ??= { glsl: this.#finishing(), uniforms: this.material.uniforms };
		return this.#finish;
	}

	dispose(): void {
		this.#studio.retire(this.material);
	}
}

function blendingOf({ mode, ground = SOLID_GROUND }: Look): Factors | null {
	if (mode === 'replace' || mode === 'mix') return null;
	if (mode === 'behind') return BEHIND;
	return mode === 'sum' ? ADDING : factors(mode, ground);
}

function vertex(look: Look): string {
	return /* glsl */ `
		in vec3 position;
		uniform mat4 toClip, world;
		uniform vec4 box;    // left, top, width, height in the layer's pixels
		uniform float margin; // the layer's pixels under one of the output's, for soft edges
		out vec2 at;
		${look.lighting ? 'out vec3 place;' : ''}
		void main() {
			vec2 along = position.xy + 0.5; // 0 to 1; what lies between stays where it is
			at = box.xy + along * box.zw + margin * (step(1.0, along) - step(along, vec2(0.0)));
			${look.lighting ? 'place = (world * vec4(at, 0.0, 1.0)).xyz;' : ''}
			gl_Position = toClip * vec4(at, 0.0, 1.0);
			gl_Position.z = 0.0; // layers hide each other by order alone
		}`;
}

function fragment(input: Input, inlines: readonly Inline[], look: Look, linear: boolean): string {
	return /* glsl */ `
		precision highp float;
		precision highp int;
		precision highp sampler2D;
		in vec2 at;
		out vec4 result;
		vec2 spot;
		${drawing(input, inlines, look, linear)}
		void main() {
			spot = gl_FragCoord.xy;
			result = drawn();
		}`;
}

/** The same for any pixel that is asked for. */
function finishing(input: Input, inlines: readonly Inline[], look: Look, linear: boolean): string {
	return /* glsl */ `
		vec2 at, spot;
		${drawing(input, inlines, look, linear)}
		vec4 finished(ivec2 pixel) {
			spot = vec2(pixel) + 0.5;
			at = box.xy + vec2(spot.x, outputSize.y - spot.y) / outputSize * box.zw;
			return drawn();
		}`;
}

/** `vec4 drawn()`: what a pass leaves at `spot`, the output's pixel from its lower left, and `at`, the layer's pixel. */
function drawing(input: Input, inlines: readonly Inline[], look: Look, linear: boolean): string {
	const { mode, ground = SOLID_GROUND } = look;
	const matted = look.matte !== 'MATTE_KIND_UNSPECIFIED';
	const blended = mode === 'replace' || mode === 'sum' || mode === 'mix' || mode === 'behind' ? null : mode;
	return /* glsl */ `
		${look.exact ? '#define EXACT' : ''}
		${look.lighting ? 'in vec3 place;' : ''}
		uniform vec4 box, region;
		uniform float opacity;
		uniform uint moment;
		uniform sampler2D matte, backdrop, maskPicture;
		${look.cuts ? `uniform vec4 cuts[${MOST_CUTS}];` : ''}
		${LIBRARY}
		${blended ? functions(blended, ground) : ''}
		${input.glsl}
		${look.lighting?.glsl ?? ''}
		${inlines.map((effect) => effect.declare).join('\n')}
		vec4 drawn() {
			vec2 uv = (at - box.xy) / box.zw;
			vec2 pixel = region.xy + uv * region.zw;
			vec4 fetched = fetch(${look.edges ? 'clamp(uv, 0.0, 1.0)' : 'uv'});
			${
				inlines.length
					? `float alpha = fetched.a;
			vec3 rgb = ${input.opaque ? 'fetched.rgb' : 'fetched.rgb / max(alpha, 1e-4)'};
			${inlines.map((effect) => effect.apply).join('\n')}
			fetched = vec4(${linear ? 'max(rgb, 0.0)' : 'clamp(rgb, 0.0, 1.0)'} * alpha, alpha);`
					: ''
			}
			${look.lighting ? 'fetched = light(fetched, place);' : ''}
			float share = opacity;
			${
				look.edges
					? `vec2 across = vec2(length(vec2(dFdx(at.x), dFdy(at.x))), length(vec2(dFdx(at.y), dFdy(at.y))));
			vec2 inside = clamp(min(at - box.xy, box.xy + box.zw - at) / max(across, 1e-6) + 0.5, 0.0, 1.0);
			share *= inside.x * inside.y;`
					: ''
			}
			${look.masked ? 'share *= texture(maskPicture, uv).r;' : ''}
			${
				look.cuts
					? `for (int i = 0; i < ${Math.min(look.cuts, MOST_CUTS)}; i++) {
				float beyond = dot(cuts[i].xyz, vec3(at, 1.0));
				beyond /= max(length(vec2(dFdx(beyond), dFdy(beyond))), 1e-6);
				share *= cuts[i].w > 0.5 ? clamp(beyond + 0.5, 0.0, 1.0) : step(-1.0, beyond);
			}`
					: ''
			}
			${matted ? `vec4 seen = texelFetch(matte, ivec2(spot), 0); share *= ${MATTE[look.matte]};` : ''}
			${mode === 'mix' ? 'fetched = mix(texelFetch(backdrop, ivec2(spot), 0), fetched, share);' : 'fetched *= share;'}
			${blended ? `{ ${mixing(blended, ground)} }` : ''}
			return fetched;
		}`;
}

/** Shaders that are kept when their jobs are done: the next job mostly wants the same. */
const KEPT_SHADERS = 256;

/** Draws brushes into targets. */
export class Studio {
	readonly renderer: WebGLRenderer;
	readonly outputSize = { value: new Vector2() };
	/** Pixels that passes were asked to shade since the page began: where their boxes lie in their targets. */
	pixels = 0;
	/** Whether colours are linear light in half floats rather than display-referred in bytes; the same for a whole job. */
	linear = false;
	readonly #retired: RawShaderMaterial[] = [];
	readonly #plane: BufferGeometry = new PlaneGeometry(1, 1);
	readonly #mesh = new Mesh(this.#plane);
	readonly #scene = new Scene().add(this.#mesh);
	readonly #camera = new OrthographicCamera();

	constructor(renderer: WebGLRenderer) {
		this.renderer = renderer;
		renderer.autoClear = false;
		this.#mesh.frustumCulled = false;
	}

	/**
	 * One pass.
	 *
	 * @param where What of the box is drawn; without it, all.
	 */
	paint(brush: Brush, target: WebGLRenderTarget, where: Rectangles | null = null): void {
		this.outputSize.value.set(target.width, target.height);
		this.#mesh.material = brush.material;
		this.#mesh.geometry = where?.geometry ?? this.#plane;
		this.renderer.setRenderTarget(target);
		this.renderer.render(this.#scene, this.#camera);
		this.pixels += brush.share * (where?.share ?? 1) * target.width * target.height;
	}

	/**
	 * Let go of a material, but keep its compiled shader for a while: three.js gives it to the next material of equal source.
	 * On a processor compiling one takes 20 to 60 ms.
	 */
	retire(material: RawShaderMaterial): void {
		material.uniforms = {}; // textures end with their job
		this.#retired.push(material);
		if (this.#retired.length > KEPT_SHADERS) this.#retired.shift()?.dispose();
	}

	/** A target of the working space's precision. */
	canvas(width: number, height: number): WebGLRenderTarget {
		return canvas(width, height, this.linear ? HalfFloatType : UnsignedByteType);
	}

	/** Make all of a target one colour. */
	wash(target: WebGLRenderTarget, colour: Color, alpha: number): void {
		this.renderer.setRenderTarget(target);
		this.renderer.setClearColor(colour, alpha);
		this.renderer.clear(true, false, false);
	}
}

/** A target that is only ever colour. */
export function canvas(width: number, height: number, type: TextureDataType = UnsignedByteType): WebGLRenderTarget {
	return new WebGLRenderTarget(Math.max(1, Math.ceil(width)), Math.max(1, Math.ceil(height)), {
		depthBuffer: false,
		generateMipmaps: false,
		minFilter: LinearFilter,
		magFilter: LinearFilter,
		type,
	});
}

/** From a box to all of a target, its top in the first row: what is drawn so is read at the same 0-1. */
export function filling(box: Box): Matrix4 {
	const { left, top, width, height } = box;
	const matrix = new Matrix4().makeScale(2 / width, 2 / height, 0);
	return matrix.setPosition(-1 - (2 * left) / width, -1 - (2 * top) / height, 0);
}
