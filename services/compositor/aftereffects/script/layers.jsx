/** Layers: what they show, when, through what matte, under whom. */
(function () {
	/**
	 * All layers of a composition, topmost first, with its cameras and lights.
	 *
	 * @param job The export; its `composition` is the one whose layers are wanted.
	 * @return `{ layers, cameras, lights }`, as a shot or one of its compositions has them.
	 */
	fancam.layers = function (job) {
		var comp = job.composition;
		var names = uniqueNames(comp);
		var needed = neededNames(job, comp);
		var found = { layers: [], cameras: [], lights: [] };
		var layer;
		job.nameOf = function (index) {
			return names[index] || '';
		};
		for (var i = 1; i <= comp.numLayers; i++) {
			layer = comp.layer(i);
			job.losses.layer = names[i];
			job.losses.claimed = {};
			if (layer.guideLayer) {
				job.losses.add('note', 'Guide Layer', 'guide layers are not in the film');
				if (!needed[i]) continue;
			}
			if (layer instanceof CameraLayer || layer instanceof LightLayer) {
				if (layer.enabled) filming(job, layer, found, parentOf(layer, names));
			} else if (layer.enabled || needed[i]) {
				one(job, layer, names, found.layers, needed[i]);
			}
			if (layer.enabled && layer.solo) job.losses.add('note', 'Solo', 'solo means nothing in a film');
		}
		job.losses.layer = '';
		return found;
	};

	/** Names by index, each once: a second "light" is "light 2". */
	function uniqueNames(comp) {
		var names = [''];
		var taken = {};
		var name;
		var number;
		for (var i = 1; i <= comp.numLayers; i++) {
			name = comp.layer(i).name.slice(0, 100);
			for (number = 2; taken['=' + name]; number++) name = comp.layer(i).name.slice(0, 100) + ' ' + number;
			taken['=' + name] = true;
			names.push(name);
		}
		return names;
	}

	/** Layers that others need though they may be switched off. By index: `matte`, `map` or `place`, the last for parents. */
	function neededNames(job, comp) {
		var needed = {};
		var layer;
		var matte;
		for (var i = 1; i <= comp.numLayers; i++) {
			layer = comp.layer(i);
			if (!layer.enabled) continue;
			maps(layer, needed);
			matte = matteOf(comp, layer);
			if (matte) needed[matte.index] = 'matte';
		}
		for (i = 1; i <= comp.numLayers; i++) {
			layer = comp.layer(i);
			if (!layer.enabled && !needed[i]) continue;
			for (layer = layer.parent; layer; layer = layer.parent) if (!needed[layer.index]) needed[layer.index] = 'place';
		}
		return needed;
	}

	function maps(layer, needed) {
		var effects = layer.property('ADBE Effect Parade');
		for (var i = 1; effects && i <= effects.numProperties; i++) {
			if (effects.property(i).matchName !== 'ADBE Displacement Map' || !effects.property(i).enabled) continue;
			if (effects.property(i).property(1).value > 0) needed[effects.property(i).property(1).value] = 'map';
		}
	}

	/** The layer that is a track matte of this one: the chosen one, or before After Effects 23 the one above. */
	function matteOf(comp, layer) {
		if (!layer.hasTrackMatte || layer.trackMatteType === TrackMatteType.NO_TRACK_MATTE) return null;
		return layer.trackMatteLayer || comp.layer(layer.index - 1);
	}

	function parentOf(layer, names) {
		return layer.parent ? names[layer.parent.index] : undefined;
	}

	function filming(job, layer, found, parentName) {
		var made = layer instanceof CameraLayer ? fancam.camera(job, layer, parentName) : fancam.light(job, layer, parentName);
		if (!made) return;
		if (layer instanceof CameraLayer) {
			times(job, layer, made);
			found.cameras.push(made);
		} else found.lights.push(made);
		job.losses.sweep(layer);
	}

	function times(job, layer, made) {
		var first = Math.max(0, Math.round(Math.min(layer.inPoint, layer.outPoint) * job.rate));
		var end = Math.round(Math.max(layer.inPoint, layer.outPoint) * job.rate);
		if (first > 0) made.in_frame = first;
		if (end < job.frames) made.out_frame = Math.max(end, 0);
	}

	/** One layer that is drawn, or that others need; may make two of it. */
	function one(job, layer, names, into, need) {
		var made = { name: names[layer.index] };
		var slot = fancam.slot(job, layer);
		var shift = [0, 0];
		var matte = matteOf(job.composition, layer);
		var shown = layer.enabled || need === 'matte' || need === 'map';
		misplaced(job, layer, slot);
		if (!shown || layer.nullLayer) made['null'] = {};
		else shift = source(job, layer, slot, made) || shift;
		made.transform = fancam.transform(job, layer, shift);
		made.parent = parentOf(layer, names);
		if (layer.threeDLayer) made.three_d = true;
		times(job, layer, made);
		if (made.out_frame === 0 || (made.in_frame || 0) >= job.frames) {
			if (!need) return;
			// Never seen in the composition, and yet somebody's parent or matte.
			made = { name: made.name, 'null': {}, transform: made.transform, parent: made.parent, three_d: made.three_d };
			shown = false;
		}
		if (layer.comment) made.comment = layer.comment;
		if (!shown || made['null']) {
			orient(job, layer, made);
			allowed(job, made);
			if (shown && !layer.nullLayer) job.losses.sweep(layer);
			into.push(made);
			return;
		}
		if (layer.adjustmentLayer) {
			for (var i = 0; i < SOURCES.length; i++) delete made[SOURCES[i]];
			made.adjustment = {};
		}
		if (need === 'map' && !layer.enabled) made.transform.opacity = { value: [0] }; // a shot has no switch
		made.masks = fancam.masks(job, layer, shift);
		made.effects = fancam.effects(job, layer, shift);
		if (!layer.threeDLayer) job.losses.claim(layer.property('ADBE Material Options Group')); // left from when it was in 3D
		made.material = fancam.material(job, layer);
		if (matte) made.matte = { kind: fancam.named(TrackMatteType, layer.trackMatteType, fancam.MATTES), layer: names[matte.index] };
		blend(job, layer, made);
		switches(job, layer, made);
		orient(job, layer, made);
		allowed(job, made);
		job.losses.sweep(layer);
		if (slot && layer.source && !job.inner && (slot.kind === 'avatar' || slot.kind === 'photo')) avatar(job, layer, slot, made, into);
		else into.push(made);
		// A matte that is switched on as well is drawn, and a shot draws no matte: it is there twice.
		if (need === 'matte' && layer.enabled) into.push(drawnToo(made));
	}

	var SOURCES = ['footage', 'image', 'solid', 'text', 'shapes', 'precomp'];

	/** A slot on a layer that cannot be one. */
	function misplaced(job, layer, slot) {
		var writes = slot && (slot.kind === 'name' || slot.kind === 'message');
		if (!slot) return;
		if (writes && !(layer instanceof TextLayer)) job.losses.add('lost', 'Marker', 'the slot ' + slot.kind + ' belongs on a text layer');
		if (!writes && job.inner) job.losses.add('lost', 'Marker', 'the slot ' + slot.kind + ' belongs in the composition that is exported, not in one inside it');
		if (!writes && (layer.nullLayer || !layer.source)) job.losses.add('lost', 'Marker', 'the slot ' + slot.kind + ' belongs on a solid, a picture or a composition');
	}

	function drawnToo(made) {
		var copy = {};
		for (var key in made) if (made.hasOwnProperty(key)) copy[key] = made[key];
		copy.name = made.name.slice(0, 110) + ' drawn';
		return copy;
	}

	/** What a layer shows; gives back where its origin lies in the shot's own pixels of the layer. */
	function source(job, layer, slot, made) {
		var found;
		if (layer instanceof TextLayer) {
			found = fancam.text(job, layer, slot);
			made.text = found.text;
			return found.shift;
		}
		if (layer instanceof ShapeLayer) {
			found = fancam.shapes(job, layer);
			if (found) made.shapes = found;
			else made['null'] = {};
			return null;
		}
		if (slot && layer.source && (slot.kind === 'avatar' || slot.kind === 'photo')) {
			made.solid = { width: layer.source.width, height: layer.source.height, color: { red: 255, green: 255, blue: 255 } };
			return null;
		}
		if (layer.source instanceof CompItem) {
			made.precomp = { composition: job.compositionId(layer.source) };
			timed(job, layer, made, made.precomp);
			if (layer.collapseTransformation) made.collapse = true;
		} else if (fancam.footage(job, layer, made)) {
			if (made.footage) timed(job, layer, made, made.footage);
		} else made['null'] = {};
		return null;
	}

	/** Which frame of its source a layer shows when. */
	function timed(job, layer, made, into) {
		var remap = layer.timeRemapEnabled ? layer.property('ADBE Time Remapping') : null;
		var start = -layer.startTime * job.rate;
		var frames = [];
		var i;
		if (remap) {
			made.time_remap = fancam.property(job, remap, function (seconds) {
				return [seconds[0] * job.rate];
			});
			return;
		}
		if (layer.stretch !== 100) {
			// Source time is (time - start) * 100 / stretch: a line through two frames of the layer.
			for (i = 0; i <= 1; i++) frames.push({ frame: i * job.frames, value: [((i * job.frames + start) * 100) / layer.stretch] });
			made.time_remap = { keyframes: frames };
			return;
		}
		if (made.footage && Math.abs(start - Math.round(start)) > 0.001) {
			job.losses.add('lost', 'Start Time', 'clips begin on a whole frame');
		}
		start = made.footage ? Math.round(start) : fancam.rounded(start);
		if (start !== 0) into.start_frame = start;
	}

	function blend(job, layer, made) {
		var mode = fancam.named(BlendingMode, layer.blendingMode, fancam.BLEND_MODES, null);
		if (mode === null) job.losses.add('lost', 'Blending Mode', 'a shot has no such blending mode');
		else made.blend_mode = mode;
	}

	function switches(job, layer, made) {
		if (layer.motionBlur && job.composition.motionBlur) made.motion_blur = true;
		if (layer.preserveTransparency) made.preserve_transparency = true;
		if (layer.environmentLayer) job.losses.add('lost', 'Environment Layer', 'a shot has no environment');
		if (layer.frameBlending) job.losses.add('lost', 'Frame Blending', 'frames between frames of a clip are not made');
		if (layer.hasAudio && layer.audioEnabled) job.losses.add('note', 'Audio', 'sound comes from the song, not from layers');
		if (layer.quality !== undefined && layer.quality !== LayerQuality.BEST) job.losses.add('note', 'Quality', 'a film is drawn in best quality');
	}

	var COLLAPSIBLE = {
		name: true, precomp: true, transform: true, parent: true, in_frame: true, out_frame: true, three_d: true, time_remap: true,
		collapse: true, comment: true
	};
	var PANELS = { matte: 'Track Matte', blend_mode: 'Blending Mode', auto_orient: 'Auto-Orient', material: 'Material Options', preserve_transparency: 'Preserve Underlying Transparency' };

	/** What a shot's layer of this kind cannot have goes, by name; called when everything else is known. */
	function allowed(job, made) {
		var key;
		if (made.auto_orient === 'AUTO_ORIENT_TOWARDS_CAMERA' && !made.three_d) delete made.auto_orient; // it shows in 3D only
		if (made.adjustment) drop('motion_blur', 'Motion Blur', 'an adjustment layer is not blurred by its motion');
		if (made.adjustment) drop('preserve_transparency', PANELS.preserve_transparency, 'an adjustment layer changes all below');
		if (!made.collapse) return;
		// With masks or effects After Effects draws the composition as one picture, too.
		if (made.masks || made.effects) {
			delete made.collapse;
			return;
		}
		delete made.motion_blur; // that of its layers counts
		for (key in made) {
			if (made.hasOwnProperty(key) && made[key] !== undefined && !COLLAPSIBLE[key]) drop(key, PANELS[key] || key, 'a collapsed composition has none; switch collapsing off');
		}

		function drop(field, named, why) {
			if (!made[field]) return;
			delete made[field];
			job.losses.add('lost', named, why);
		}
	}

	function orient(job, layer, made) {
		switch (layer.autoOrient) {
			case AutoOrientType.ALONG_PATH:
				made.auto_orient = 'AUTO_ORIENT_ALONG_PATH';
				break;
			case AutoOrientType.CAMERA_OR_POINT_OF_INTEREST:
				made.auto_orient = 'AUTO_ORIENT_TOWARDS_CAMERA';
				break;
			case AutoOrientType.CHARACTERS_TOWARD_CAMERA:
				job.losses.add('lost', 'Auto-Orient', 'letters do not turn towards the camera one by one');
		}
	}

	/**
	 * An avatar in place of the marked layer. A pass is as large as its composition: it takes a layer of that size as it is, and is
	 * shown through a smaller one as through a window.
	 */
	function avatar(job, layer, slot, made, into) {
		var recipe = slot.cues[0].notes.recipe;
		var source = { recipe: recipe || undefined, staging: fancam.staging(job, slot) };
		var width = layer.source.width;
		var height = layer.source.height;
		var child;
		var scale;
		if (width === job.width && height === job.height) {
			delete made.solid;
			made.avatar = source;
			into.push(made);
			return;
		}
		scale = 100 * Math.max(width / job.width, height / job.height);
		child = { name: made.name, avatar: source, in_frame: made.in_frame, out_frame: made.out_frame, three_d: made.three_d };
		made.name = made.name.slice(0, 110) + ' window';
		child.parent = made.name;
		child.matte = { kind: 'MATTE_KIND_ALPHA', layer: made.name };
		child.blend_mode = made.blend_mode;
		child.transform = {
			anchor_point: { value: [job.width / 2, job.height / 2] },
			position: { value: [width / 2, height / 2] },
			scale: { value: [scale, scale] }
		};
		delete made.blend_mode;
		into.push(child, made);
	}
})();
