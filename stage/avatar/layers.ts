/** What a pass may hold beside the figure's colours: its shadow on the floor, and how far away it is. */
import { BackSide, FrontSide, GLSL3, RawShaderMaterial, type Side } from 'three';
import { type Uniforms, VERTEX } from './toon.js';

/** What is drawn: colours; the shadow, as black of its strength; or depth, 1 at the near end of its range and 0 at the far one. */
export type Layer = 'color' | 'shadow' | 'depth';

const SHADOW = /* glsl */ `
	precision highp float;
	in float vRise;
	out vec4 picture;
	void main() {
		// Firm under the feet, faint under raised hands: light comes from all of the stage.
		picture = vec4(0.0, 0.0, 0.0, 0.10 + 0.48 * exp(-1.6 * vRise));
	}`;

const DEPTH = /* glsl */ `
	precision highp float;
	in float vAway;
	uniform vec2 depthRange; // near, far, metres along the view
	out vec4 picture;
	void main() {
		picture = vec4(vec3(clamp((depthRange.y - vAway) / max(1e-4, depthRange.y - depthRange.x), 0.0, 1.0)), 1.0);
	}`;

/** Materials of the layers that are not colour. Dispose each. */
export interface LayerMaterials {
	shadow: RawShaderMaterial;
	depth: RawShaderMaterial;
	/** The outline belongs to the figure: depth has the silhouette of the colours. */
	depthOutline: RawShaderMaterial;
}

/** The layers' materials over an avatar's uniforms; adds `depthRange` to those. */
export function layerMaterials(uniforms: Uniforms): LayerMaterials {
	uniforms.depthRange = { value: [0, 1] };
	const make = (fragmentShader: string, side: Side, defines: Record<string, string>): RawShaderMaterial =>
		new RawShaderMaterial({ glslVersion: GLSL3, vertexShader: VERTEX, fragmentShader, uniforms, side, defines });
	return {
		shadow: make(SHADOW, FrontSide, { SHADOW: '' }),
		depth: make(DEPTH, FrontSide, { DEPTH: '' }),
		depthOutline: make(DEPTH, BackSide, { DEPTH: '', OUTLINE: '' }),
	};
}
