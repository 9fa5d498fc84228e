/** Effects, by the table in effect_table.jsx. */
(function () {
	/** A layer's effects in order; switched-off ones are left out, unknown ones named. */
	fancam.effects = function (job, layer, shift) {
		var parade = layer.property('ADBE Effect Parade');
		var found = [];
		var effect;
		var made;
		if (!parade) return undefined;
		for (var i = 1; i <= parade.numProperties; i++) {
			effect = parade.property(i);
			job.losses.claim(effect);
			if (!effect.enabled || !layer.effectsActive) continue;
			if (!fancam.EFFECTS.hasOwnProperty(effect.matchName)) {
				job.losses.add('lost', fancam.pathOf(effect), 'there is no effect ' + effect.matchName + ' in a shot');
				continue;
			}
			if (effect.matchName === 'ADBE Stroke' && !layer.property('ADBE Mask Parade').numProperties) {
				job.losses.add('note', fancam.pathOf(effect), 'it strokes masks, and the layer has none');
				continue;
			}
			made = oneEffect(job, layer, effect, fancam.EFFECTS[effect.matchName], shift || [0, 0]);
			if (made) found.push(made);
		}
		return found.length ? found : undefined;
	};

	function oneEffect(job, layer, effect, entry, shift) {
		var settings = {};
		var made = {};
		var property;
		var number;
		var rule;
		if (entry.differs) job.losses.add('lost', fancam.pathOf(effect), entry.differs);
		for (var i = 1; i <= effect.numProperties; i++) {
			property = effect.property(i);
			number = property.matchName.slice(-4);
			if (property.propertyType !== PropertyType.PROPERTY) continue; // compositing options, swept below
			rule = entry.values[number];
			if (!rule) {
				if (property.isModified || property.numKeys > 0) job.losses.add('lost', fancam.pathOf(property), 'the effect in a shot has no such value');
				continue;
			}
			if (rule.instead && numbered(effect, '0006').value) property = numbered(effect, rule.instead);
			if (rule.unused) continue;
			if (rule.hasOwnProperty('only')) {
				if (fancam.moves(property) || Number(property.value) !== rule.only) job.losses.add('lost', fancam.pathOf(property), rule.why);
				continue;
			}
			if (!put(job, layer, effect, property, rule, settings, shift)) return null;
		}
		inside(job, effect);
		made[entry.name] = settings;
		return made;
	}

	/** The compositing options that every effect has: masks and its opacity. */
	function inside(job, effect) {
		var group;
		for (var i = 1; i <= effect.numProperties; i++) {
			group = effect.property(i);
			if (group.propertyType !== PropertyType.PROPERTY) job.losses.sweep(group);
		}
	}

	function numbered(effect, number) {
		for (var i = 1; i <= effect.numProperties; i++) {
			if (effect.property(i).matchName.slice(-4) === number) return effect.property(i);
		}
		return null;
	}

	/** Write one value into the effect's settings; false when the effect cannot be without it. */
	function put(job, layer, effect, property, rule, settings, shift) {
		var value;
		var across;
		switch (rule.as) {
			case 'property':
				value = fancam.property(job, property, scaled(rule.times || 1));
				break;
			case 'point':
				value = fancam.property(job, property, function (point) {
					return [point[0] + shift[0], point[1] + shift[1]];
				});
				break;
			case 'radius': // percent of half the layer's shorter side
				value = fancam.property(job, property, scaled(Math.min(layer.width, layer.height) / 200));
				break;
			case 'scale':
				across = rule.across && !Number(numbered(effect, rule.uniform).value) ? numbered(effect, rule.across) : null;
				value = across ? together(job, across, property) : fancam.property(job, property, function (percent) {
					return [percent[0], percent[0]];
				});
				break;
			case 'color':
				value = fancam.color(fancam.fixed(job, property));
				break;
			case 'flag':
				value = Boolean(fancam.fixed(job, property));
				break;
			case 'number':
				value = fancam.fixed(job, property) * (rule.times || 1);
				break;
			case 'count':
				value = Math.round(fancam.fixed(job, property));
				break;
			case 'frames':
				value = fancam.fixed(job, property) * job.rate;
				break;
			case 'hold':
				value = job.rate / fancam.fixed(job, property);
				break;
			case 'layer':
				value = job.nameOf(fancam.fixed(job, property));
				if (!value) {
					job.losses.add('lost', fancam.pathOf(property), 'it names no layer');
					return false;
				}
				break;
			case 'mask':
				value = maskName(layer, fancam.fixed(job, property), numbered(effect, '0010'));
				break;
			case 'choice':
				value = fancam.fixed(job, property);
				if (!rule.of.hasOwnProperty(String(value))) {
					job.losses.add('lost', fancam.pathOf(property), 'the effect in a shot has no choice ' + value);
					return true;
				}
				value = rule.of[String(value)];
				break;
		}
		place(settings, rule.field, value);
		return true;
	}

	function scaled(times) {
		return function (value) {
			var found = [];
			for (var i = 0; i < value.length; i++) found.push(value[i] * times);
			return found;
		};
	}

	/** Width and height apart, as one property of two axes. */
	function together(job, across, down) {
		var keyframes = [];
		if (!fancam.moves(across) && !fancam.moves(down)) return { value: [across.value, down.value] };
		job.losses.add('baked', fancam.pathOf(down), 'width and height are sampled together once a frame');
		for (var frame = 0; frame < job.frames; frame++) {
			keyframes.push({ frame: frame, value: [across.valueAtTime(frame / job.rate, false), down.valueAtTime(frame / job.rate, false)] });
		}
		return { keyframes: keyframes };
	}

	function maskName(layer, index, all) {
		if (all && all.value) return undefined;
		return index > 0 ? layer.property('ADBE Mask Parade').property(index).name : undefined;
	}

	/** Put a value where a path with points says. */
	function place(settings, path, value) {
		var names = path.split('.');
		var at = settings;
		for (var i = 0; i < names.length - 1; i++) {
			if (!at[names[i]]) at[names[i]] = {};
			at = at[names[i]];
		}
		at[names[names.length - 1]] = value;
	}
})();
