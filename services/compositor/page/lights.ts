/** How lights fall on layers in space: After Effects' four kinds, falloff, highlights, and shadows of one layer on another. */
import type { LayerJson, LightJson, LightKindJson } from '@fancam/protos/shot';
import { Matrix4, type Texture, Vector3, Vector4 } from 'three';
import type { Lighting } from './brush.js';
import { paint } from './colour.js';
import type { Box, Space } from './space.js';
import { scalarAt } from './timeline.js';

const DEGREE = Math.PI / 180;
/** Layers whose shadows fall on one layer at most. */
const MOST_CASTERS = 4;

const KINDS: Record<LightKindJson, number> = {
	LIGHT_KIND_UNSPECIFIED: 0,
	LIGHT_KIND_AMBIENT: 0,
	LIGHT_KIND_PARALLEL: 1,
	LIGHT_KIND_POINT: 2,
	LIGHT_KIND_SPOT: 3,
};

/** A layer that casts a shadow. */
export interface Caster {
	name: string;
	/** Its picture, its top in the first row. */
	picture: { value: Texture | null };
	box: Box;
}

/** The lights of a composition at a frame, as uniforms shared by all its layers. */
export class Lights {
	readonly count: number;
	readonly #lights: readonly LightJson[];
	readonly #space: Space;
	readonly #middle: readonly [number, number, number];
	readonly #zoom: number;
	readonly uniforms;

	constructor(
		lights: readonly LightJson[],
		space: Space,
		width: number,
		height: number,
		zoom: number,
		linear: boolean,
	) {
		this.count = lights.length;
		this.#lights = lights;
		this.#space = space;
		this.#middle = [width / 2, height / 2, 0];
		this.#zoom = zoom;
		const vectors = <V>(make: () => V): { value: V[] } => ({ value: Array.from(lights, make) });
		this.uniforms = {
			lightKind: { value: lights.map(({ kind }) => KINDS[kind ?? 'LIGHT_KIND_UNSPECIFIED']) },
			lightColor: vectors(() => new Vector3()),
			lightPlace: vectors(() => new Vector3()),
			lightWay: vectors(() => new Vector3()),
			lightCone: vectors(() => new Vector3()), // cosines of where it is gone and whole; shadow's darkness
			lightFall: vectors(() => new Vector3()), // kind, radius, distance
			eye: { value: new Vector3() },
		};
		this.#colours = lights.map(({ color }) => paint(color, linear, 1));
	}
	readonly #colours: readonly Vector3[];

	/** Bring the lights to a frame. */
	show(frame: number): void {
		const { lightColor, lightPlace, lightWay, lightCone, lightFall, eye } = this.uniforms;
		eye.value.copy(this.#space.eye(frame));
		const [x, y] = this.#middle;
		for (const [index, light] of this.#lights.entries()) {
			const intensity = scalarAt(light.intensity, 100, frame) / 100;
			lightColor.value[index]?.copy(this.#colours[index] ?? new Vector3(1, 1, 1)).multiplyScalar(intensity);
			const place = this.#space.point(light.position, [x, y, -this.#zoom], light.parent, frame);
			const target = this.#space.point(light.pointOfInterest, this.#middle, light.parent, frame);
			lightPlace.value[index]?.copy(place);
			lightWay.value[index]?.copy(target.sub(place).normalize());
			const half = (scalarAt(light.coneAngle, 90, frame) / 2) * DEGREE;
			const feather = Math.min(1, Math.max(0, scalarAt(light.coneFeather, 50, frame) / 100));
			const dark = light.castsShadows ? scalarAt(light.shadowDarkness, 100, frame) / 100 : 0;
			lightCone.value[index]?.set(Math.cos(half), Math.cos(half * (1 - feather)), dark);
			const kind =
				light.falloff === 'LIGHT_FALLOFF_SMOOTH' ? 1 : light.falloff === 'LIGHT_FALLOFF_INVERSE_SQUARE' ? 2 : 0;
			lightFall.value[index]?.set(
				kind,
				scalarAt(light.falloffRadius, 500, frame),
				Math.max(1e-3, scalarAt(light.falloffDistance, 500, frame)),
			);
		}
	}
}

/** How the lights fall on one layer. */
export class LitLayer implements Lighting {
	readonly key = 'lit';
	readonly glsl: string;
	readonly uniforms;
	readonly #layer: LayerJson;
	readonly #space: Space;
	readonly #casters: readonly Caster[];

	constructor(layer: LayerJson, lights: Lights, space: Space, casters: readonly Caster[]) {
		this.#layer = layer;
		this.#space = space;
		this.#casters = layer.material?.acceptsShadows === false ? [] : casters.slice(0, MOST_CASTERS);
		const pictures = Object.fromEntries(this.#casters.map(({ picture }, index) => [`caster${index}`, picture]));
		this.uniforms = {
			...lights.uniforms,
			normal: { value: new Vector3() },
			material: { value: new Vector4() }, // ambient, diffuse, specular, exponent
			metal: { value: 1 },
			casterFrom: { value: this.#casters.map(() => new Matrix4()) },
			casterBox: { value: this.#casters.map(({ box }) => new Vector4(box.left, box.top, box.width, box.height)) },
			...pictures,
		};
		this.glsl = glslOf(lights.count, this.#casters.length);
	}

	/** Bring the layer to a frame. */
	show(frame: number, world: Matrix4, time: number): void {
		const { material } = this.#layer;
		const value = (property: Parameters<typeof scalarAt>[0], otherwise: number): number =>
			scalarAt(property, otherwise, time) / 100;
		const turn = new Matrix4().copy(world).setPosition(0, 0, 0);
		const across = new Vector3(1, 0, 0).applyMatrix4(turn);
		const down = new Vector3(0, 1, 0).applyMatrix4(turn);
		this.uniforms.normal.value.crossVectors(across, down).normalize();
		this.uniforms.material.value.set(
			value(material?.ambient, 100),
			value(material?.diffuse, 50),
			value(material?.specular, 50),
			2 ** (scalarAt(material?.shininess, 5, time) / 10),
		);
		this.uniforms.metal.value = value(material?.metal, 100);
		for (const [index, { name }] of this.#casters.entries()) {
			this.uniforms.casterFrom.value[index]?.copy(this.#space.world(name, frame)).invert();
		}
	}
}

function glslOf(lights: number, casters: number): string {
	const shadows = Array.from(
		{ length: casters },
		(_, index) => /* glsl */ `{
			vec3 here = (casterFrom[${index}] * vec4(place, 1.0)).xyz;
			vec3 there = (casterFrom[${index}] * vec4(source, 1.0)).xyz;
			float t = here.z / (here.z - there.z);
			if (t > 1e-4 && t < 1.0 - 1e-4) {
				vec2 uv = (mix(here, there, t).xy - casterBox[${index}].xy) / casterBox[${index}].zw;
				vec2 texels = vec2(textureSize(caster${index}, 0));
				vec2 inside = clamp(min(uv, 1.0 - uv) * texels + 0.5, 0.0, 1.0);
				lit *= 1.0 - texture(caster${index}, uv).a * inside.x * inside.y * dark;
			}
		}`,
	).join('\n');
	return /* glsl */ `
		uniform int lightKind[${lights}];
		uniform vec3 lightColor[${lights}], lightPlace[${lights}], lightWay[${lights}], lightCone[${lights}], lightFall[${lights}];
		uniform vec3 eye, normal; uniform vec4 material; uniform float metal;
		${casters ? `uniform mat4 casterFrom[${casters}]; uniform vec4 casterBox[${casters}];` : ''}
		${Array.from({ length: casters }, (_, index) => `uniform sampler2D caster${index};`).join(' ')}
		float shadowed(vec3 place, vec3 source, float dark) {
			float lit = 1.0;
			if (dark > 0.0) { ${shadows} }
			return lit;
		}
		vec4 light(vec4 fetched, vec3 place) {
			vec3 toEye = normalize(eye - place);
			vec3 n = dot(normal, toEye) < 0.0 ? -normal : normal;
			vec3 diffuse = vec3(0.0), shine = vec3(0.0);
			for (int i = 0; i < ${lights}; i++) {
				if (lightKind[i] == 0) { diffuse += lightColor[i] * material.x; continue; }
				vec3 way = lightPlace[i] - place;
				float away = length(way);
				vec3 l = lightKind[i] == 1 ? -lightWay[i] : way / max(away, 1e-4);
				vec3 strength = lightColor[i];
				if (lightKind[i] == 3) strength *= smoothstep(lightCone[i].x, max(lightCone[i].y, lightCone[i].x + 1e-5), dot(-l, lightWay[i]));
				float beyond = max(away - lightFall[i].y, 0.0);
				if (lightFall[i].x == 1.0) strength *= 1.0 - smoothstep(0.0, 1.0, beyond / lightFall[i].z);
				if (lightFall[i].x == 2.0) strength *= pow(lightFall[i].y / max(away, lightFall[i].y), 2.0);
				vec3 source = lightKind[i] == 1 ? place + l * 1e5 : lightPlace[i];
				strength *= shadowed(place, source, lightCone[i].z);
				float facing = max(dot(n, l), 0.0);
				diffuse += strength * material.y * facing;
				if (facing > 0.0) shine += strength * material.z * pow(max(dot(n, normalize(l + toEye)), 0.0), material.w);
			}
			vec3 colour = fetched.rgb / max(fetched.a, 1e-4);
			return vec4((colour * diffuse + shine * mix(vec3(1.0), colour, metal)) * fetched.a, fetched.a);
		}`;
}
