/** Passes over pixels: one quad, one shader made of a source, its inline effects and a way to blend. */

import type { BlendModeJson, MatteKindJson } from '@fancam/protos/shot';
import {
	AddEquation,
	type BlendingDstFactor,
	type BlendingSrcFactor,
	type Color,
	CustomBlending,
	DoubleSide,
	DstColorFactor,
	GLSL3,
	LinearFilter,
	Matrix4,
	Mesh,
	NoBlending,
	OneFactor,
	OneMinusSrcAlphaFactor,
	OneMinusSrcColorFactor,
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
import { type Inline, LIBRARY } from './effects.js';
import type { Uniforms } from './sources.js';
import type { Box } from './space.js';

/** A box of 0-1. */
export const UNIT: Box = { left: 0, top: 0, width: 1, height: 1 };

const VERTEX = /* glsl */ `
	in vec3 position;
	uniform mat4 toClip;
	uniform vec4 box;    // left, top, width, height in the layer's pixels
	uniform float margin; // the layer's pixels under one of the output's, for soft edges
	out vec2 at;
	void main() {
		at = mix(box.xy - margin, box.xy + box.zw + margin, position.xy + 0.5);
		gl_Position = toClip * vec4(at, 0.0, 1.0);
		gl_Position.z = 0.0; // layers hide each other by order alone
	}`;

/** Modes that the blending unit knows, on premultiplied colour over an opaque picture: no copy of the picture is needed. */
const FIXED: Partial<Record<BlendModeJson, [BlendingSrcFactor, BlendingDstFactor]>> = {
	BLEND_MODE_UNSPECIFIED: [OneFactor, OneMinusSrcAlphaFactor],
	BLEND_MODE_NORMAL: [OneFactor, OneMinusSrcAlphaFactor],
	BLEND_MODE_ADD: [OneFactor, OneFactor],
	BLEND_MODE_SCREEN: [OneFactor, OneMinusSrcColorFactor],
	BLEND_MODE_MULTIPLY: [DstColorFactor, OneMinusSrcAlphaFactor],
};

/** The others, as the W3C's Compositing and Blending gives them: `s` is the layer, `b` what lies below. */
const MIXED: Partial<Record<BlendModeJson, string>> = {
	BLEND_MODE_OVERLAY: 'mix(2.0 * s * b, 1.0 - 2.0 * (1.0 - s) * (1.0 - b), step(0.5, b))',
	BLEND_MODE_SOFT_LIGHT: `mix(b - (1.0 - 2.0 * s) * b * (1.0 - b),
		b + (2.0 * s - 1.0) * (mix(((16.0 * b - 12.0) * b + 4.0) * b, sqrt(b), step(0.25, b)) - b), step(0.5, s))`,
	BLEND_MODE_LIGHTEN: 'max(s, b)',
	BLEND_MODE_DARKEN: 'min(s, b)',
	BLEND_MODE_DIFFERENCE: 'abs(s - b)',
};

const MATTE: Record<MatteKindJson, string> = {
	MATTE_KIND_UNSPECIFIED: '1.0',
	MATTE_KIND_ALPHA: 'seen.a',
	MATTE_KIND_ALPHA_INVERTED: '1.0 - seen.a',
	MATTE_KIND_LUMA: 'dot(seen.rgb, LUMINANCE)',
	MATTE_KIND_LUMA_INVERTED: '1.0 - dot(seen.rgb, LUMINANCE)',
};

/** Whether a mode needs a copy of the picture below. */
export function needsBackdrop(mode: BlendModeJson): boolean {
	return MIXED[mode] !== undefined;
}

/** What a shader reads. */
export interface Input {
	/** GLSL that declares uniforms and `vec4 fetch(vec2 uv)`. */
	glsl: string;
	uniforms: Uniforms;
	opaque: boolean;
}

/** Reads the whole picture below at the very pixel that is drawn. */
export function below(texture: { value: Texture | null }): Input {
	return {
		glsl: `uniform sampler2D underneath;
			vec4 fetch(vec2 uv) { return vec4(texelFetch(underneath, ivec2(gl_FragCoord.xy), 0).rgb, 1.0); }`,
		uniforms: { underneath: texture },
		opaque: true,
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
	/** Replace what is there, or blend. */
	mode: BlendModeJson | 'replace';
	matte: MatteKindJson;
	/** Whether the box's edges lie inside the picture and are softened. */
	edges: boolean;
	/** Whether the input's pixels lie on the output's, so that nothing has to be filtered. */
	exact?: boolean;
}

/** One kind of pass with its uniforms. */
export class Brush {
	readonly material: RawShaderMaterial;
	readonly #uniforms;
	readonly #inlines: readonly Inline[];

	constructor(input: Input, inlines: readonly Inline[], look: Look, outputSize: { value: Vector2 }) {
		this.#inlines = inlines;
		this.#uniforms = {
			toClip: { value: null as Matrix4 | null },
			box: { value: new Vector4() },
			margin: { value: 0 },
			opacity: { value: 1 },
			matte: { value: null as Texture | null },
			backdrop: { value: null as Texture | null },
		};
		const fixed: [BlendingSrcFactor, BlendingDstFactor] | undefined =
			look.mode === 'replace' ? undefined : FIXED[look.mode];
		this.material = new RawShaderMaterial({
			glslVersion: GLSL3,
			vertexShader: VERTEX,
			fragmentShader: fragment(input, inlines, look),
			uniforms: Object.assign(
				{ ...this.#uniforms, outputSize, ...input.uniforms },
				...inlines.map((effect) => effect.uniforms),
			),
			side: DoubleSide,
			depthTest: false,
			depthWrite: false,
			blending: fixed ? CustomBlending : NoBlending,
			blendEquation: AddEquation,
			...(fixed && {
				blendSrc: fixed[0],
				blendDst: fixed[1],
				// All modes cover what is below by their alpha.
				blendSrcAlpha: OneFactor,
				blendDstAlpha: OneMinusSrcAlphaFactor,
			}),
		});
	}

	/** Set everything for a pass of one frame. */
	set(
		frame: number,
		pass: {
			toClip: Matrix4;
			box: Box;
			margin: number;
			opacity: number;
			matte?: Texture | null;
			backdrop?: Texture | null;
		},
	): void {
		const { box } = pass;
		this.#uniforms.toClip.value = pass.toClip;
		this.#uniforms.box.value.set(box.left, box.top, box.width, box.height);
		this.#uniforms.margin.value = pass.margin;
		this.#uniforms.opacity.value = pass.opacity;
		this.#uniforms.matte.value = pass.matte ?? null;
		this.#uniforms.backdrop.value = pass.backdrop ?? null;
		for (const effect of this.#inlines) effect.update(frame);
	}

	dispose(): void {
		this.material.dispose();
	}
}

function fragment(input: Input, inlines: readonly Inline[], look: Look): string {
	const mixed = look.mode === 'replace' ? undefined : MIXED[look.mode];
	const matted = look.matte !== 'MATTE_KIND_UNSPECIFIED';
	return /* glsl */ `
		precision highp float;
		precision highp int;
		precision highp sampler2D;
		${look.exact ? '#define EXACT' : ''}
		in vec2 at;
		uniform vec4 box;
		uniform float opacity;
		uniform sampler2D matte, backdrop;
		out vec4 result;
		${LIBRARY}
		${input.glsl}
		${inlines.map((effect) => effect.declare).join('\n')}
		void main() {
			vec2 uv = (at - box.xy) / box.zw;
			vec4 fetched = fetch(${look.edges ? 'clamp(uv, 0.0, 1.0)' : 'uv'});
			${
				inlines.length
					? `float alpha = fetched.a;
			vec3 rgb = ${input.opaque ? 'fetched.rgb' : 'fetched.rgb / max(alpha, 1e-4)'};
			${inlines.map((effect) => effect.apply).join('\n')}
			fetched = vec4(clamp(rgb, 0.0, 1.0) * alpha, alpha);`
					: ''
			}
			float share = opacity;
			${
				look.edges
					? `vec2 across = vec2(length(vec2(dFdx(at.x), dFdy(at.x))), length(vec2(dFdx(at.y), dFdy(at.y))));
			vec2 inside = clamp(min(at - box.xy, box.xy + box.zw - at) / max(across, 1e-6) + 0.5, 0.0, 1.0);
			share *= inside.x * inside.y;`
					: ''
			}
			${matted ? `vec4 seen = texelFetch(matte, ivec2(gl_FragCoord.xy), 0); share *= ${MATTE[look.matte]};` : ''}
			fetched *= share;
			${
				mixed
					? `vec3 b = texelFetch(backdrop, ivec2(gl_FragCoord.xy), 0).rgb;
			vec3 s = clamp(fetched.rgb / max(fetched.a, 1e-4), 0.0, 1.0);
			fetched = vec4(mix(b, ${mixed}, fetched.a), 1.0);`
					: ''
			}
			result = fetched;
		}`;
}

/** Draws brushes into targets. */
export class Studio {
	readonly renderer: WebGLRenderer;
	readonly outputSize = { value: new Vector2() };
	readonly #mesh = new Mesh(new PlaneGeometry(1, 1));
	readonly #scene = new Scene().add(this.#mesh);
	readonly #camera = new OrthographicCamera();

	constructor(renderer: WebGLRenderer) {
		this.renderer = renderer;
		renderer.autoClear = false;
		this.#mesh.frustumCulled = false;
	}

	/** One pass. */
	paint(brush: Brush, target: WebGLRenderTarget): void {
		this.outputSize.value.set(target.width, target.height);
		this.#mesh.material = brush.material;
		this.renderer.setRenderTarget(target);
		this.renderer.render(this.#scene, this.#camera);
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
