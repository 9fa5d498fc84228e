/**
 * The blur of a bloom: that of `postprocessing`, a pyramid of ever smaller copies, with half of its readings.
 *
 * On a processor a filtered reading costs about 4 ns, and of 13 and 10 per pixel a bloom of 720x1280 took 16 ms a frame; with five
 * on the way down and five on the way up (Bjorge 2015), placed so that light spreads as far as the library's, it takes 12.
 */
import { MipmapBlurPass } from 'postprocessing';
import type { ShaderMaterial } from 'three';

/** Reads the four pixels in the middle, and four groups around them: together as wide as the library's thirteen readings. */
const DOWN = /* glsl */ `
	uniform sampler2D inputBuffer;
	uniform vec2 texelSize;
	varying vec2 vUv;
	void main() {
		vec2 far = 1.75 * texelSize;
		gl_FragColor = 0.5 * texture2D(inputBuffer, vUv) + 0.125 * (
			texture2D(inputBuffer, vUv + far) + texture2D(inputBuffer, vUv - far) +
			texture2D(inputBuffer, vUv + vec2(far.x, -far.y)) + texture2D(inputBuffer, vUv + vec2(-far.x, far.y)));
	}`;

/** A tent of three by three pixels: four readings between them give what nine on them did. */
const UP = /* glsl */ `
	uniform sampler2D inputBuffer, supportBuffer;
	uniform vec2 texelSize;
	uniform float radius;
	varying vec2 vUv;
	void main() {
		vec2 near = 0.55 * texelSize;
		vec4 wide = 0.25 * (
			texture2D(inputBuffer, vUv + near) + texture2D(inputBuffer, vUv - near) +
			texture2D(inputBuffer, vUv + vec2(near.x, -near.y)) + texture2D(inputBuffer, vUv + vec2(-near.x, near.y)));
		gl_FragColor = mix(texture2D(supportBuffer, vUv), wide, radius);
	}`;

const VERTEX = /* glsl */ `
	varying vec2 vUv;
	void main() {
		vUv = position.xy * 0.5 + 0.5;
		gl_Position = vec4(position.xy, 1.0, 1.0);
	}`;

/** Blurs what is bright. */
export class BloomBlur extends MipmapBlurPass {
	/** The library's own, which its types leave out. */
	declare readonly downsamplingMaterial: ShaderMaterial;
	declare readonly upsamplingMaterial: ShaderMaterial;

	constructor() {
		super();
		for (const [material, shader] of [
			[this.downsamplingMaterial, DOWN],
			[this.upsamplingMaterial, UP],
		] as const) {
			material.vertexShader = VERTEX;
			material.fragmentShader = shader;
		}
	}
}
