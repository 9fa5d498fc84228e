/** The painted face as a flat picture, for programs that have no shader of ours: all expressions in one square atlas. */
import { GLSL3, Mesh, PlaneGeometry, RawShaderMaterial, Vector3 } from 'three';
import { FACE_SHADER } from './face-paint.js';
import type { Uniforms } from './toon.js';

/** Faces of the atlas by rows from the top; VRM calls them so. */
export const FACES = ['neutral', 'blink', 'happy', 'aa', 'ih', 'ou', 'ee', 'oh', 'surprised'] as const;

/** Cells of the atlas each way. */
export const ATLAS = 3;

/** What a cell shows of the face: x from -half to half, height above the chin from `low` on, metres. Nothing is painted outside. */
export const FRAME = { half: 0.1, low: -0.02 } as const;

const VERTEX = /* glsl */ `
	precision highp float;
	in vec3 position;
	out vec2 vAt;
	void main() {
		vAt = vec2(position.x * ${(2 * FRAME.half).toFixed(3)}, (position.y + 0.5) * ${(2 * FRAME.half).toFixed(3)} + ${FRAME.low.toFixed(3)});
		gl_Position = vec4(position.xy * 2.0, 0.0, 1.0);
	}`;

const FRAGMENT = /* glsl */ `
	precision highp float;
	in vec2 vAt;
	uniform vec3 bakedSkin, bakedDim, beardColor;
	out vec4 picture;
	${FACE_SHADER}
	void main() { picture = vec4(clamp(paintedFace(vAt, bakedSkin, bakedDim, beardColor), 0.0, 1.0), 1.0); }`;

/**
 * A square that shows the face of an avatar's uniforms; draw it into a cell. Dispose geometry and material.
 *
 * @param uniforms Of the avatar, as posed and expressed last.
 * @param defines What its face is compiled with.
 * @param slot Number of the slot `face`.
 */
export function faceSquare(uniforms: Uniforms, defines: Record<string, unknown>, slot: number): Mesh {
	const color = (name: string, width: number): Vector3 =>
		new Vector3().fromArray((uniforms[name] as { value: number[] }).value, width * slot);
	uniforms.bakedSkin = { value: color('baseColors', 3) };
	uniforms.bakedDim = { value: color('shadowColors', 4) };
	const material = new RawShaderMaterial({
		glslVersion: GLSL3,
		vertexShader: VERTEX,
		fragmentShader: FRAGMENT,
		uniforms,
		defines: { ...defines },
		depthTest: false,
		depthWrite: false,
	});
	const square = new Mesh(new PlaneGeometry(1, 1), material);
	square.frustumCulled = false;
	return square;
}
