/**
 * Properties of After Effects as properties of a shot: fixed values, keyframes with their eases, or a value per frame.
 *
 * A temporal ease of After Effects is a speed (units a second) and an influence (percent of the time between two keyframes). As the
 * handle of a bezier over shares of time and of value, that is x = influence / 100 and y = speed * time * x / change. The change of a
 * spatial property is the length of its path. What cannot be said so is sampled once a frame, which is exact on every frame.
 */
(function () {
	var NEAR = 0.000001;
	/** Steps in which a path's length is summed up; its error is then below a ten-thousandth. */
	var STEPS = 200;

	fancam.list = function (value) {
		var found = [];
		if (!fancam.isList(value)) return [value];
		for (var i = 0; i < value.length; i++) found.push(value[i]);
		return found;
	};

	/** A frame number, with the dust of binary seconds wiped off. */
	fancam.frameAt = function (seconds, rate) {
		return Math.round(seconds * rate * 1000) / 1000;
	};

	fancam.isExpressed = function (property) {
		return Boolean(property.canSetExpression && property.expressionEnabled && property.expression !== '');
	};

	fancam.moves = function (property) {
		return property.numKeys > 0 || fancam.isExpressed(property);
	};

	/**
	 * A property as a shot has it.
	 *
	 * @param job The export under way: `losses`, and of the composition `rate`, `frames`.
	 * @param property A property of numbers.
	 * @param change Makes numbers of the shot of numbers of After Effects, both as lists; may be left out.
	 */
	fancam.property = function (job, property, change) {
		var read = function (value) {
			var found = fancam.list(value);
			return change ? change(found) : found;
		};
		job.losses.claim(property);
		if (fancam.isExpressed(property)) {
			job.losses.add('baked', fancam.pathOf(property), 'its expression is sampled once a frame');
			return baked(job, property, read);
		}
		if (property.numKeys === 0) return { value: read(property.value) };
		return keyed(job, property, read);
	};

	/** A property that may not move in a shot: its first value; the loss of its movement is named. */
	fancam.fixed = function (job, property) {
		job.losses.claim(property);
		if (fancam.moves(property)) {
			job.losses.add('lost', fancam.pathOf(property), 'it cannot move in a shot; it stays as it is on the first frame');
			return property.valueAtTime(0, false);
		}
		return property.value;
	};

	function keyed(job, property, read) {
		var keyframes = [];
		var spatial = isPath(property);
		var keyframe;
		for (var i = 1; i <= property.numKeys; i++) {
			keyframe = { frame: fancam.frameAt(property.keyTime(i), job.rate), value: read(property.keyValue(i)) };
			if (i < property.numKeys) {
				if (property.keyOutInterpolationType(i) === KeyframeInterpolationType.HOLD) keyframe.hold = true;
				else if (!(spatial ? ease1(property, i, keyframe) : eases(property, i, keyframe))) {
					job.losses.add('baked', fancam.pathOf(property), 'an ease between equal values is sampled once a frame');
					return baked(job, property, read);
				}
				if (spatial && !keyframe.hold) tangents(property, i, keyframe, read);
			}
			keyframes.push(keyframe);
		}
		if (property.matchName === 'ADBE Orientation' && keyframes.length > 1) {
			job.losses.add('baked', fancam.pathOf(property), 'orientations turn the short way; they are sampled once a frame');
			return baked(job, property, read, true);
		}
		return { keyframes: keyframes };
	}

	function isPath(property) {
		var type = property.propertyValueType;
		return property.isSpatial && (type === PropertyValueType.TwoD_SPATIAL || type === PropertyValueType.ThreeD_SPATIAL);
	}

	/** The ease of a position: one, over the length of its path. */
	function ease1(property, i, keyframe) {
		var length = pathLength(property, i);
		var seconds = property.keyTime(i + 1) - property.keyTime(i);
		var out = handle(property, i, 0, length, seconds, false);
		var into = handle(property, i, 0, length, seconds, true);
		if (out === false || into === false) return false;
		if (out) keyframe.ease_out = out;
		if (into) keyframe.ease_in = into;
		return true;
	}

	/** The eases of other properties: one per axis, or one for all when they are equal. */
	function eases(property, i, keyframe) {
		var from = fancam.list(property.keyValue(i));
		var to = fancam.list(property.keyValue(i + 1));
		var seconds = property.keyTime(i + 1) - property.keyTime(i);
		var axes = Math.min(from.length, keyframe.value.length, property.keyOutTemporalEase(i).length);
		var outs = [];
		var ins = [];
		for (var axis = 0; axis < axes; axis++) {
			outs.push(handle(property, i, axis, to[axis] - from[axis], seconds, false));
			ins.push(handle(property, i, axis, to[axis] - from[axis], seconds, true));
			if (outs[axis] === false || ins[axis] === false) return false;
		}
		fill(outs, from, to, { x: 1 / 6, y: 1 / 6 });
		fill(ins, from, to, { x: 5 / 6, y: 5 / 6 });
		if (alike(outs)) {
			if (outs[0]) keyframe.ease_out = outs[0];
		} else keyframe.ease_out_axes = full(outs, { x: 1 / 6, y: 1 / 6 });
		if (alike(ins)) {
			if (ins[0]) keyframe.ease_in = ins[0];
		} else keyframe.ease_in_axes = full(ins, { x: 5 / 6, y: 5 / 6 });
		// A shot that has handles per axis at one end has them at both.
		if (keyframe.ease_out_axes && !keyframe.ease_in_axes) keyframe.ease_in_axes = spread(keyframe, 'ease_in', outs.length, 5 / 6);
		if (keyframe.ease_in_axes && !keyframe.ease_out_axes) keyframe.ease_out_axes = spread(keyframe, 'ease_out', ins.length, 1 / 6);
		return true;
	}

	/** An axis that does not move may be eased like one that does. */
	function fill(handles, from, to) {
		var moving = -1;
		var i;
		for (i = 0; i < handles.length; i++) if (Math.abs(to[i] - from[i]) > NEAR) moving = i;
		if (moving < 0) return;
		for (i = 0; i < handles.length; i++) if (Math.abs(to[i] - from[i]) <= NEAR) handles[i] = handles[moving];
	}

	function alike(handles) {
		for (var i = 1; i < handles.length; i++) {
			if (Boolean(handles[i]) !== Boolean(handles[0])) return false;
			if (handles[i] && (Math.abs(handles[i].x - handles[0].x) > NEAR || Math.abs(handles[i].y - handles[0].y) > NEAR)) return false;
		}
		return true;
	}

	function full(handles, linear) {
		var found = [];
		for (var i = 0; i < handles.length; i++) found.push(handles[i] || linear);
		return found;
	}

	function spread(keyframe, name, count, linear) {
		var found = [];
		for (var i = 0; i < count; i++) found.push(keyframe[name] || { x: linear, y: linear });
		delete keyframe[name];
		return found;
	}

	/** One handle; null where the end is linear, false where no handle can say it. */
	function handle(property, i, axis, change, seconds, into) {
		var type = into ? property.keyInInterpolationType(i + 1) : property.keyOutInterpolationType(i);
		var ease = into ? property.keyInTemporalEase(i + 1)[axis] : property.keyOutTemporalEase(i)[axis];
		var x;
		var y;
		if (type !== KeyframeInterpolationType.BEZIER) return null;
		x = Math.min(1, Math.max(0, ease.influence / 100));
		if (Math.abs(change) <= NEAR) {
			if (Math.abs(ease.speed) > NEAR) return false;
			y = 0;
		} else y = (ease.speed * seconds * x) / change;
		return into ? { x: 1 - x, y: 1 - y } : { x: x, y: y };
	}

	/** Tangents of a position's path, where it is no straight line. `read` may leave axes out. */
	function tangents(property, i, keyframe, read) {
		var out = fancam.list(property.keyOutSpatialTangent(i));
		var into = fancam.list(property.keyInSpatialTangent(i + 1));
		var axes = keyframe.value.length;
		var zero = read(nothing(fancam.list(property.keyValue(i)).length));
		if (size(out) <= NEAR && size(into) <= NEAR) return;
		out = read(out);
		into = read(into);
		// `read` may move points; tangents are differences, so what it adds goes again.
		for (var axis = 0; axis < axes; axis++) {
			out[axis] -= zero[axis];
			into[axis] -= zero[axis];
		}
		keyframe.spatial_out = out;
		keyframe.spatial_in = into;
	}

	function nothing(axes) {
		var found = [];
		for (var i = 0; i < axes; i++) found.push(0);
		return found;
	}

	function size(vector) {
		var sum = 0;
		for (var i = 0; i < vector.length; i++) sum += vector[i] * vector[i];
		return Math.sqrt(sum);
	}

	/** Pixels from one keyframe's position to the next one's, along the path. */
	function pathLength(property, i) {
		var from = fancam.list(property.keyValue(i));
		var to = fancam.list(property.keyValue(i + 1));
		var out = fancam.list(property.keyOutSpatialTangent(i));
		var into = fancam.list(property.keyInSpatialTangent(i + 1));
		var length = 0;
		var last = from.slice();
		var here;
		var step;
		var axis;
		for (step = 1; step <= STEPS; step++) {
			here = [];
			for (axis = 0; axis < from.length; axis++) {
				here.push(bezier(from[axis], from[axis] + (out[axis] || 0), to[axis] + (into[axis] || 0), to[axis], step / STEPS));
				last[axis] -= here[axis];
			}
			length += size(last);
			last = here;
		}
		return length;
	}

	function bezier(a, b, c, d, t) {
		var s = 1 - t;
		return s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d;
	}

	/** A value per frame; frames that lie on the line between their neighbours are left out. */
	function baked(job, property, read, turns) {
		var keyframes = [];
		var value;
		for (var frame = 0; frame < job.frames; frame++) {
			value = read(property.valueAtTime(frame / job.rate, false));
			if (turns && keyframes.length) unwind(value, keyframes[keyframes.length - 1].value);
			keyframes.push({ frame: frame, value: value });
		}
		keyframes = thinned(keyframes);
		return keyframes.length === 1 ? { value: keyframes[0].value } : { keyframes: keyframes };
	}

	/** Add whole turns to angles, so that they go on from the last ones. */
	function unwind(angles, last) {
		for (var i = 0; i < angles.length; i++) angles[i] += 360 * Math.round((last[i] - angles[i]) / 360);
	}

	/** Keyframes without those that linear interpolation gives anyway. */
	function thinned(keyframes) {
		var kept = [keyframes[0]];
		var from = 0;
		for (var i = 1; i < keyframes.length - 1; i++) {
			if (!inLine(keyframes, from, i + 1)) {
				kept.push(keyframes[i]);
				from = i;
			}
		}
		if (keyframes.length > 1) kept.push(keyframes[keyframes.length - 1]);
		if (kept.length === 2 && same(kept[0].value, kept[1].value)) kept.pop();
		return kept;
	}

	function same(one, other) {
		for (var i = 0; i < one.length; i++) if (Math.abs(one[i] - other[i]) > 0.00005) return false;
		return true;
	}

	/** Whether everything between two keyframes lies on the line from one to the other, to half a ten-thousandth. */
	function inLine(keyframes, from, to) {
		var a = keyframes[from];
		var b = keyframes[to];
		var share;
		var line;
		for (var i = from + 1; i < to; i++) {
			share = (keyframes[i].frame - a.frame) / (b.frame - a.frame);
			line = [];
			for (var axis = 0; axis < a.value.length; axis++) line.push(a.value[axis] + (b.value[axis] - a.value[axis]) * share);
			if (!same(line, keyframes[i].value)) return false;
		}
		return true;
	}

	// Paths

	/**
	 * A path property as a shot has it, its points moved by `shift`.
	 *
	 * The speed of a path's ease counts in whole changes a second, so the change between two keyframes is 1.
	 */
	fancam.path = function (job, property, shift) {
		var keyframes = [];
		var keyframe;
		var seconds;
		var frame;
		var i;
		job.losses.claim(property);
		if (fancam.isExpressed(property)) {
			job.losses.add('baked', fancam.pathOf(property), 'its expression is sampled once a frame');
			for (frame = 0; frame < job.frames; frame++) {
				keyframes.push({ frame: frame, value: outline(property.valueAtTime(frame / job.rate, false), shift) });
			}
		} else if (property.numKeys === 0) {
			return { value: outline(property.value, shift) };
		} else {
			for (i = 1; i <= property.numKeys; i++) {
				keyframe = { frame: fancam.frameAt(property.keyTime(i), job.rate), value: outline(property.keyValue(i), shift) };
				if (i < property.numKeys) {
					seconds = property.keyTime(i + 1) - property.keyTime(i);
					if (property.keyOutInterpolationType(i) === KeyframeInterpolationType.HOLD) keyframe.hold = true;
					else {
						keyframe.ease_out = handle(property, i, 0, 1, seconds, false) || undefined;
						keyframe.ease_in = handle(property, i, 0, 1, seconds, true) || undefined;
					}
				}
				keyframes.push(keyframe);
			}
		}
		for (i = 1; i < keyframes.length; i++) {
			if (keyframes[i].value.vertices.length !== keyframes[0].value.vertices.length) {
				job.losses.add('lost', fancam.pathOf(property), 'its keyframes have different numbers of vertices; it stays as it is on the first');
				return { value: keyframes[0].value };
			}
		}
		return { keyframes: keyframes };
	};

	function outline(shape, shift) {
		var move = shift || [0, 0];
		return {
			vertices: flat(shape.vertices, move),
			in_tangents: straight(shape.inTangents) ? undefined : flat(shape.inTangents, [0, 0]),
			out_tangents: straight(shape.outTangents) ? undefined : flat(shape.outTangents, [0, 0]),
			closed: shape.closed ? true : undefined
		};
	}

	function flat(points, move) {
		var found = [];
		for (var i = 0; i < points.length; i++) found.push(points[i][0] + move[0], points[i][1] + move[1]);
		return found;
	}

	function straight(points) {
		for (var i = 0; i < points.length; i++) if (points[i][0] !== 0 || points[i][1] !== 0) return false;
		return true;
	}

	/** A colour of After Effects, 0 to 1, as a shot's, 0 to 255. */
	fancam.color = function (value) {
		function channel(share) {
			return Math.round(255 * Math.min(1, Math.max(0, share)));
		}
		return { red: channel(value[0]), green: channel(value[1]), blue: channel(value[2]) };
	};
})();
