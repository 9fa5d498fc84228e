/** Text and its animators. A font that the campaign does not bring is another one on the film, which the report says. */
(function () {
	/** A baseline lies this share of an em below the top of a text's box in a shot. */
	var ASCENT = 0.85;
	/** Room beside text of fixed words, since other fonts are other widths. */
	var ROOM = 1.02;

	/**
	 * A text layer's text.
	 *
	 * @param slot Of the layer's markers: `fit` in pixels and `text` where the fan's name stands.
	 * @return `text`, and `shift`: where the layer's origin lies in the shot's text box.
	 */
	fancam.text = function (job, layer, slot) {
		var group = layer.property('ADBE Text Properties');
		var source = group.property('ADBE Text Document');
		var page = fancam.fixed(job, source);
		var style = page.fontStyle || '';
		var personal = slot && (slot.kind === 'name' || slot.kind === 'message');
		var text = {
			text: words(page, slot),
			size_px: page.fontSize,
			weight: weight(style),
			justification: fancam.named(ParagraphJustification, page.justification, fancam.JUSTIFICATIONS),
			tracking: page.tracking || undefined,
			all_caps: page.allCaps ? true : undefined
		};
		var shift = [0, ASCENT * page.fontSize];
		var share = { JUSTIFICATION_CENTER: 0.5, JUSTIFICATION_RIGHT: 1 };
		var width;
		if (!text.justification) {
			job.losses.add('lost', 'Text/Source Text', 'justified paragraphs are set flush left');
			text.justification = 'JUSTIFICATION_LEFT';
		}
		paints(text, page);
		if (!page.autoLeading && page.leading) text.leading_px = page.leading;
		if (slot && slot.font) text.font = slot.font;
		else if (page.font) job.losses.add('note', 'Text/Source Text', 'the font ' + page.font + ' is not exported; put its file into the campaign and name it in a marker (font: fonts/...)');
		named(job, page);
		if (page.boxText) {
			text.box_width_px = page.boxTextSize[0];
			shift = [-page.boxTextPos[0], -page.boxTextPos[1]];
		} else {
			width = slot && slot.fit ? slot.fit : personal ? 0.8 * job.width : ROOM * Math.ceil(layer.sourceRectAtTime(0, false).width);
			if (width > 0) {
				text.fit_width_px = width;
				shift[0] = width * (share[text.justification] || 0);
			}
		}
		text.animators = animators(job, group.property('ADBE Text Animators'));
		return { text: text, shift: shift };
	};

	function words(page, slot) {
		var written = page.text.replace(/\r\n?|\u0003/g, '\n');
		if (slot && slot.text) return slot.text;
		if (slot && slot.kind === 'name') return '{name}';
		return written;
	}

	function weight(style) {
		var plain = style.toLowerCase().replace(/[^a-z]/g, '').replace(/italic|oblique|condensed|extended/g, '');
		return fancam.WEIGHTS[plain] || 400;
	}

	function paints(text, page) {
		if (page.applyFill) text.fill = fancam.color(page.fillColor);
		if (page.applyStroke) {
			text.stroke = fancam.color(page.strokeColor);
			// After Effects' stroke lies half over the letter; a shot's lies beside it.
			text.stroke_px = page.strokeWidth / 2;
			if (page.strokeOverFill) text.stroke_over_fill = true;
		}
	}

	/** What a text of After Effects may have and a shot's has not. */
	function named(job, page) {
		var usual = { smallCaps: false, superscript: false, subscript: false, fauxItalic: false, fauxBold: false, baselineShift: 0, tsume: 0, horizontalScale: 1, verticalScale: 1 };
		for (var name in usual) {
			if (usual.hasOwnProperty(name) && page[name] !== undefined && page[name] !== usual[name]) {
				job.losses.add('lost', 'Text/Source Text/' + name, 'a shot has no such style of letters');
			}
		}
		if (page.verticalScale !== undefined && page.boxText && page.boxTextSize[1] < page.fontSize) {
			job.losses.add('note', 'Text/Source Text', 'text that runs over its box is not cut off');
		}
	}

	var MOVES = {
		'ADBE Text Anchor Point 3D': 'anchor_point', 'ADBE Text Position 3D': 'position', 'ADBE Text Scale 3D': 'scale',
		'ADBE Text Skew': 'skew', 'ADBE Text Rotation': 'rotation', 'ADBE Text Opacity': 'opacity',
		'ADBE Text Fill Color': 'fill', 'ADBE Text Stroke Color': 'stroke', 'ADBE Text Stroke Width': 'stroke_width',
		'ADBE Text Tracking Amount': 'tracking', 'ADBE Text Blur': 'blur'
	};
	var AXES = { anchor_point: 2, position: 2, scale: 2, fill: 3, stroke: 3, blur: 1 };
	var PARTS = { 2: 'TEXT_PART_CHARACTERS_WITHOUT_SPACES', 3: 'TEXT_PART_WORDS', 4: 'TEXT_PART_LINES' };
	var SHAPES = {
		2: 'SELECTOR_SHAPE_RAMP_UP', 3: 'SELECTOR_SHAPE_RAMP_DOWN', 4: 'SELECTOR_SHAPE_TRIANGLE', 5: 'SELECTOR_SHAPE_ROUND',
		6: 'SELECTOR_SHAPE_SMOOTH'
	};

	function animators(job, group) {
		var found = [];
		var animator;
		for (var i = 1; group && i <= group.numProperties; i++) {
			if (!group.property(i).enabled) {
				job.losses.claim(group.property(i));
				continue;
			}
			animator = moved(job, group.property(i).property('ADBE Text Animator Properties'));
			animator.selectors = selectors(job, group.property(i).property('ADBE Text Selectors'));
			found.push(animator);
		}
		return found.length ? found : undefined;
	}

	/** The values that an animator changes; only those that the designer added are in the group. */
	function moved(job, group) {
		var animator = {};
		var property;
		for (var i = 1; i <= group.numProperties; i++) {
			property = group.property(i);
			if (!MOVES.hasOwnProperty(property.matchName)) continue;
			animator[MOVES[property.matchName]] = fancam.property(job, property, cut(AXES[MOVES[property.matchName]]));
		}
		return animator;
	}

	function cut(axes) {
		return function (value) {
			return axes ? value.slice(0, axes) : value;
		};
	}

	function selectors(job, group) {
		var found = [];
		for (var i = 1; i <= group.numProperties; i++) {
			if (group.property(i).matchName === 'ADBE Text Selector') found.push(range(job, group.property(i)));
			else {
				job.losses.claim(group.property(i));
				job.losses.add('lost', fancam.pathOf(group.property(i)), 'a shot has range selectors only');
			}
		}
		return found.length ? found : undefined;
	}

	function range(job, group) {
		var advanced = group.property('ADBE Text Range Advanced');
		var counts = fancam.fixed(job, advanced.property('ADBE Text Range Units')) === 2;
		var kind = counts ? 'ADBE Text Index ' : 'ADBE Text Percent ';
		var mode = fancam.fixed(job, advanced.property('ADBE Text Selector Mode'));
		var selector = { counts: counts ? true : undefined };
		var seed;
		// Adding to nothing, and keeping what all have, are the same for a single selector.
		if (mode !== 3 && !(mode === 1 && group.parentProperty.numProperties === 1)) {
			job.losses.add('lost', fancam.pathOf(advanced.property('ADBE Text Selector Mode')), 'selectors are multiplied (mode Intersect)');
		}
		unless('start', group.property(kind + 'Start'), 0);
		unless('end', group.property(kind + 'End'), counts ? undefined : 100);
		unless('offset', group.property(kind + 'Offset'), 0);
		unless('amount', advanced.property('ADBE Text Selector Max Amount'), 100);
		unless('ease_high', advanced.property('ADBE Text Levels Max Ease'), 0);
		unless('ease_low', advanced.property('ADBE Text Levels Min Ease'), 0);
		selector.based_on = PARTS[fancam.fixed(job, advanced.property('ADBE Text Range Type2'))];
		selector.shape = SHAPES[fancam.fixed(job, advanced.property('ADBE Text Range Shape'))];
		job.losses.claim(advanced.property('ADBE Text Selector Smoothness'));
		if (!selector.shape && advanced.property('ADBE Text Selector Smoothness').value !== 100) {
			job.losses.add('lost', fancam.pathOf(advanced.property('ADBE Text Selector Smoothness')), 'squares have the usual smoothness of 100 %');
		}
		if (fancam.fixed(job, advanced.property('ADBE Text Randomize Order'))) {
			selector.random_order = true;
			seed = advanced.property('ADBE Text Random Seed');
			if (seed) selector.random_seed = fancam.fixed(job, seed);
			job.losses.add('note', fancam.pathOf(advanced.property('ADBE Text Randomize Order')), 'the order is another random one');
		}
		return selector;

		function unless(field, property, usual) {
			if (!property) return;
			job.losses.claim(property);
			if (fancam.moves(property) || property.value !== usual) selector[field] = fancam.property(job, property);
		}
	}
})();
