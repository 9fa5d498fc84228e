/** A film for Remotion: the compositor's own player draws each frame on a canvas, so that both draw the same scene. */
import React, { useLayoutEffect, useRef } from 'react';
import { Composition, continueRender, delayRender, registerRoot, staticFile, useCurrentFrame } from 'remotion';
import { Projector } from './projector.js';

const drawn = { projector: null, cut: -1 };

/** Show a frame of the film: its cut's job is loaded when the cut begins. */
async function show(canvas, cuts, frame) {
	let first = 0;
	const cut = cuts.findIndex(({ frames }) => {
		if (frame < first + frames) return true;
		first += frames;
		return false;
	});
	drawn.projector ??= new Projector(canvas, () => undefined);
	if (drawn.cut !== cut) {
		const { job, files } = cuts[cut];
		const urls = Object.entries(files).map(([name, path]) => [name, staticFile(path)]);
		await drawn.projector.load(job, Object.fromEntries(urls));
		drawn.cut = cut;
		const gl = canvas.getContext('webgl2');
		console.log(`GL: ${gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info').UNMASKED_RENDERER_WEBGL)}`);
	}
	await drawn.projector.show(cuts[cut].first + frame - first);
}

function Film({ cuts }) {
	const frame = useCurrentFrame();
	const canvas = useRef(null);
	useLayoutEffect(() => {
		const waiting = delayRender(`frame ${frame}`);
		show(canvas.current, cuts, frame).then(() => continueRender(waiting), (error) => {
			throw error;
		});
	}, [cuts, frame]);
	return <canvas ref={canvas} style={{ display: 'block' }} />;
}

registerRoot(() => (
	<Composition
		id="film"
		component={Film}
		width={2}
		height={2}
		fps={24}
		durationInFrames={1}
		defaultProps={{ cuts: [], width: 2, height: 2, frames: 1, rate: 24 }}
		calculateMetadata={({ props }) => ({
			width: props.width,
			height: props.height,
			fps: props.rate,
			durationInFrames: props.frames,
		})}
	/>
));
