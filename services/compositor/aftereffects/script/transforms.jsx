/** Where layers are: anchor point, position (together or apart), scale, turns, opacity. */
(function () {
	function still(property, value) {
		if (fancam.moves(property)) return false;
		var found = fancam.list(property.value);
		for (var i = 0; i < found.length; i++) if (Math.abs(found[i] - value) > 0.00005) return false;
		return true;
	}

	/**
	 * A layer's transform.
	 *
	 * @param shift Where the layer's own origin lies in the shot's pixels of the same layer; text has another origin there.
	 */
	fancam.transform = function (job, layer, shift) {
		var group = layer.property('ADBE Transform Group');
		var deep = layer.threeDLayer;
		var found = {};
		var move = shift || [0, 0];
		function cut(value) {
			return deep ? value : value.slice(0, 2);
		}
		found.anchor_point = fancam.property(job, group.property('ADBE Anchor Point'), function (value) {
			return cut([value[0] + move[0], value[1] + move[1], value[2] || 0]);
		});
		position(job, group.property('ADBE Position'), deep, found, cut);
		add('ADBE Scale', 'scale', 100, cut);
		add('ADBE Rotate Z', 'rotation', 0);
		// A 2D layer may keep turns from when it was in 3D; they do nothing.
		if (deep) {
			add('ADBE Orientation', 'orientation', 0);
			add('ADBE Rotate X', 'x_rotation', 0);
			add('ADBE Rotate Y', 'y_rotation', 0);
		} else {
			job.losses.claim(group.property('ADBE Orientation'));
			job.losses.claim(group.property('ADBE Rotate X'));
			job.losses.claim(group.property('ADBE Rotate Y'));
		}
		add('ADBE Opacity', 'opacity', 100);
		return found;

		function add(match, field, otherwise, change) {
			var property = group.property(match);
			if (!property) return;
			job.losses.claim(property);
			if (!still(property, otherwise)) found[field] = fancam.property(job, property, change);
		}
	};

	function position(job, property, deep, found, cut) {
		var names = ['position_x', 'position_y', 'position_z'];
		var axes = deep ? 3 : 2;
		var axis;
		job.losses.claim(property);
		// Followers exist though dimensions are together, and the third though the layer is flat.
		for (axis = 0; axis < 3; axis++) job.losses.claim(property.getSeparationFollower(axis));
		if (!property.dimensionsSeparated) {
			found.position = fancam.property(job, property, cut);
			return;
		}
		for (axis = 0; axis < axes; axis++) found[names[axis]] = fancam.property(job, property.getSeparationFollower(axis));
	}

	/** The transform of a shape group, of a repeater's copies, or of the Transform effect: `names` says which match name is which field. */
	fancam.innerTransform = function (job, group, names) {
		var found = {};
		var any = false;
		var property;
		for (var match in names) {
			if (!names.hasOwnProperty(match)) continue;
			property = group.property(match);
			if (!property) continue;
			job.losses.claim(property);
			if (still(property, names[match] === 'scale' || names[match] === 'opacity' ? 100 : 0)) continue;
			found[names[match]] = fancam.property(job, property);
			any = true;
		}
		return any ? found : undefined;
	};
})();
