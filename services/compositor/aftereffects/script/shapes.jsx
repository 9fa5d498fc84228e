/** Vector shapes: groups, paths, what changes paths, and paints, in the order of After Effects' panel. */
(function () {
	var GROUP = {
		'ADBE Vector Anchor': 'anchor_point', 'ADBE Vector Position': 'position', 'ADBE Vector Scale': 'scale',
		'ADBE Vector Skew': 'skew', 'ADBE Vector Skew Axis': 'skew_axis', 'ADBE Vector Rotation': 'rotation',
		'ADBE Vector Group Opacity': 'opacity'
	};
	var COPY = {
		'ADBE Vector Repeater Anchor': 'anchor_point', 'ADBE Vector Repeater Position': 'position',
		'ADBE Vector Repeater Scale': 'scale', 'ADBE Vector Repeater Rotation': 'rotation'
	};

	/** Plain items: per match name the shot's name, and per value `[field, is it needed, its usual value]`. */
	var PLAIN = {
		'ADBE Vector Shape - Rect': ['rectangle', {
			'ADBE Vector Rect Size': ['size', true], 'ADBE Vector Rect Position': ['position', false, '0,0'],
			'ADBE Vector Rect Roundness': ['roundness', false, '0']
		}],
		'ADBE Vector Shape - Ellipse': ['ellipse', {
			'ADBE Vector Ellipse Size': ['size', true], 'ADBE Vector Ellipse Position': ['position', false, '0,0']
		}],
		'ADBE Vector Shape - Star': ['star', {
			'ADBE Vector Star Points': ['points', true], 'ADBE Vector Star Position': ['position', false, '0,0'],
			'ADBE Vector Star Rotation': ['rotation', false, '0'], 'ADBE Vector Star Outer Radius': ['outer_radius', true],
			'ADBE Vector Star Inner Radius': ['inner_radius', true], 'ADBE Vector Star Outer Roundess': ['outer_roundness', false, '0'],
			'ADBE Vector Star Inner Roundess': ['inner_roundness', false, '0']
		}],
		'ADBE Vector Filter - Trim': ['trim', {
			'ADBE Vector Trim Start': ['start', true], 'ADBE Vector Trim End': ['end', true], 'ADBE Vector Trim Offset': ['offset', false, '0']
		}],
		'ADBE Vector Filter - RC': ['round_corners', { 'ADBE Vector RoundCorner Radius': ['radius', true] }],
		'ADBE Vector Filter - PB': ['pucker_bloat', { 'ADBE Vector PuckerBloat Amount': ['amount', true] }],
		'ADBE Vector Filter - Zigzag': ['zig_zag', {
			'ADBE Vector Zigzag Size': ['size', true], 'ADBE Vector Zigzag Detail': ['ridges', true]
		}],
		'ADBE Vector Filter - Twist': ['twist', {
			'ADBE Vector Twist Angle': ['angle', true], 'ADBE Vector Twist Center': ['center', false, '0,0']
		}],
		'ADBE Vector Filter - Offset': ['offset', { 'ADBE Vector Offset Amount': ['amount', true] }],
		'ADBE Vector Filter - Repeater': ['repeater', {
			'ADBE Vector Repeater Copies': ['copies', true], 'ADBE Vector Repeater Offset': ['offset', false, '0']
		}],
		'ADBE Vector Filter - Merge': ['merge', {}]
	};
	var CAPS = { 2: 'LINE_CAP_ROUND', 3: 'LINE_CAP_SQUARE' };
	var JOINS = { 2: 'LINE_JOIN_ROUND', 3: 'LINE_JOIN_BEVEL' };
	var MERGES = {
		1: 'MERGE_MODE_MERGE', 2: 'MERGE_MODE_ADD', 3: 'MERGE_MODE_SUBTRACT', 4: 'MERGE_MODE_INTERSECT', 5: 'MERGE_MODE_EXCLUDE'
	};

	/** What a shape layer draws; null when it draws nothing. */
	fancam.shapes = function (job, layer) {
		var items = list(job, layer.property('ADBE Root Vectors Group'));
		return items.length ? { items: items } : null;
	};

	/** What bends paths or draws their edges, which an area that was merged or grown has not in a shot. */
	var EDGES = { stroke: true, trim: true, round_corners: true, pucker_bloat: true, zig_zag: true, twist: true, offset: true, merge: true };

	function list(job, group) {
		var items = [];
		var made;
		var area = false;
		var kind;
		for (var i = 1; i <= group.numProperties; i++) {
			if (!group.property(i).enabled) {
				job.losses.claim(group.property(i));
				continue;
			}
			made = item(job, group.property(i));
			if (!made) continue;
			for (kind in made) if (made.hasOwnProperty(kind)) break;
			if (area && EDGES[kind]) {
				job.losses.add('lost', fancam.pathOf(group.property(i)), 'paths that were merged or offset are only filled in a shot');
				continue;
			}
			if (kind === 'offset' || (kind === 'merge' && made.merge.mode !== 'MERGE_MODE_MERGE')) area = true;
			made.name = group.property(i).name;
			items.push(made);
		}
		return items;
	}

	function item(job, group) {
		var made = {};
		switch (group.matchName) {
			case 'ADBE Vector Group':
				normal(job, group);
				return { group: {
					items: list(job, group.property('ADBE Vectors Group')),
					transform: fancam.innerTransform(job, group.property('ADBE Vector Transform Group'), GROUP)
				} };
			case 'ADBE Vector Shape - Group':
				return { path: { path: fancam.path(job, group.property('ADBE Vector Shape')), reversed: reversed(job, group) } };
			case 'ADBE Vector Graphic - Fill':
				return { fill: fill(job, group) };
			case 'ADBE Vector Graphic - Stroke':
				return { stroke: stroke(job, group) };
			case 'ADBE Vector Graphic - G-Fill':
			case 'ADBE Vector Graphic - G-Stroke':
				job.losses.claim(group);
				job.losses.add('lost', fancam.pathOf(group), 'After Effects shows scripts no colours of gradients; use the effect Gradient Ramp, or export by Lottie');
				return null;
		}
		if (!PLAIN.hasOwnProperty(group.matchName)) {
			job.losses.claim(group);
			job.losses.add('lost', fancam.pathOf(group), 'a shot has no shape item ' + group.matchName);
			return null;
		}
		made[PLAIN[group.matchName][0]] = plain(job, group, PLAIN[group.matchName][1]);
		return made;
	}

	function plain(job, group, fields) {
		var settings = {};
		var property;
		for (var match in fields) {
			if (!fields.hasOwnProperty(match)) continue;
			property = job.losses.claim(group.property(match));
			if (!fields[match][1] && !fancam.moves(property) && String(fancam.list(property.value)) === fields[match][2]) continue;
			settings[fields[match][0]] = fancam.property(job, property);
		}
		more(job, group, settings);
		return settings;
	}

	/** What items have beside values that may move. */
	function more(job, group, settings) {
		var transform;
		switch (group.matchName) {
			case 'ADBE Vector Shape - Rect':
			case 'ADBE Vector Shape - Ellipse':
				settings.reversed = reversed(job, group);
				break;
			case 'ADBE Vector Shape - Star':
				settings.reversed = reversed(job, group);
				if (fancam.fixed(job, group.property('ADBE Vector Star Type')) === 2) {
					delete settings.inner_radius;
					delete settings.inner_roundness;
				}
				break;
			case 'ADBE Vector Filter - Trim':
				if (fancam.fixed(job, group.property('ADBE Vector Trim Type')) === 2) settings.individually = true;
				break;
			case 'ADBE Vector Filter - Zigzag':
				if (fancam.fixed(job, group.property('ADBE Vector Zigzag Points')) === 2) settings.smooth = true;
				break;
			case 'ADBE Vector Filter - Offset':
				settings.join = JOINS[fancam.fixed(job, group.property('ADBE Vector Offset Line Join'))];
				settings.miter_limit = fancam.fixed(job, group.property('ADBE Vector Offset Miter Limit'));
				break;
			case 'ADBE Vector Filter - Merge':
				settings.mode = MERGES[fancam.fixed(job, group.property('ADBE Vector Merge Type'))];
				break;
			case 'ADBE Vector Filter - Repeater':
				transform = group.property('ADBE Vector Repeater Transform');
				settings.transform = fancam.innerTransform(job, transform, COPY);
				settings.start_opacity = fancam.property(job, transform.property('ADBE Vector Repeater Opacity 1'));
				settings.end_opacity = fancam.property(job, transform.property('ADBE Vector Repeater Opacity 2'));
				if (fancam.fixed(job, group.property('ADBE Vector Repeater Order')) === 2) settings.above = true;
		}
	}

	function reversed(job, group) {
		return fancam.fixed(job, group.property('ADBE Vector Shape Direction')) === 3 ? true : undefined;
	}

	/** Groups and paints of a shot are laid over each other as they are. */
	function normal(job, group) {
		var mode = group.property('ADBE Vector Blend Mode');
		if (mode && fancam.fixed(job, mode) !== 1) job.losses.add('lost', fancam.pathOf(mode), 'shapes of one layer are blended normally; use two layers');
	}

	function paint(job, group, property, settings) {
		normal(job, group);
		if (fancam.moves(property)) {
			settings.animated_color = fancam.property(job, property, function (value) {
				return value.slice(0, 3);
			});
		} else settings.color = fancam.color(job.losses.claim(property).value);
		var order = group.property('ADBE Vector Composite Order');
		if (order && fancam.fixed(job, order) === 2) job.losses.add('lost', fancam.pathOf(order), 'paints lie in the order of the list');
	}

	function opacity(job, property, settings) {
		job.losses.claim(property);
		if (fancam.moves(property) || property.value !== 100) settings.opacity = fancam.property(job, property);
	}

	function fill(job, group) {
		var settings = {};
		paint(job, group, group.property('ADBE Vector Fill Color'), settings);
		opacity(job, group.property('ADBE Vector Fill Opacity'), settings);
		if (fancam.fixed(job, group.property('ADBE Vector Fill Rule')) === 2) settings.rule = 'FILL_RULE_EVEN_ODD';
		return settings;
	}

	function stroke(job, group) {
		var settings = {};
		var dashes = group.property('ADBE Vector Stroke Dashes');
		var dash;
		paint(job, group, group.property('ADBE Vector Stroke Color'), settings);
		opacity(job, group.property('ADBE Vector Stroke Opacity'), settings);
		settings.width = fancam.property(job, group.property('ADBE Vector Stroke Width'));
		settings.cap = CAPS[fancam.fixed(job, group.property('ADBE Vector Stroke Line Cap'))];
		settings.join = JOINS[fancam.fixed(job, group.property('ADBE Vector Stroke Line Join'))];
		settings.miter_limit = fancam.fixed(job, group.property('ADBE Vector Stroke Miter Limit'));
		for (var i = 1; dashes && i <= dashes.numProperties; i++) {
			dash = dashes.property(i);
			if (dash.matchName === 'ADBE Vector Stroke Offset') settings.dash_offset = fancam.property(job, dash);
			else {
				if (!settings.dashes) settings.dashes = [];
				settings.dashes.push(fancam.property(job, dash));
			}
		}
		return settings;
	}
})();
