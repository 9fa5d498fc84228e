/**
 * What an export loses: each property by composition, layer and path, with the reason.
 *
 * `lost`: the picture is another one. `baked`: the picture is the same, but no longer made of the designer's keyframes.
 * `note`: nothing of it was to be seen.
 */
(function () {
	/** A report of one export. `claimed` are the properties that it read, by their path. */
	fancam.Losses = function () {
		this.list = [];
		this.composition = '';
		this.layer = '';
		this.claimed = {};
	};

	fancam.Losses.prototype.add = function (severity, property, why) {
		var known;
		for (var i = 0; i < this.list.length; i++) {
			known = this.list[i];
			if (known.composition === this.composition && known.layer === this.layer && known.property === property && known.why === why) return;
		}
		this.list.push({ composition: this.composition, layer: this.layer, property: property, severity: severity, why: why });
	};

	/** Say that a property has been read, and give it back. */
	fancam.Losses.prototype.claim = function (property) {
		if (property) this.claimed[fancam.keyOf(property)] = true;
		return property;
	};

	fancam.Losses.prototype.count = function (severity) {
		var found = 0;
		for (var i = 0; i < this.list.length; i++) if (this.list[i].severity === severity) found++;
		return found;
	};

	/** Groups whose content shows in no picture, or that another reader goes through by itself. */
	var ASIDE = { 'ADBE Marker': true, 'ADBE Audio Group': true, 'ADBE Data Group': true };

	/** Name every property of a layer that was changed by the designer and that nobody has read. */
	fancam.Losses.prototype.sweep = function (group) {
		var child;
		for (var i = 1; i <= group.numProperties; i++) {
			child = group.property(i);
			if (ASIDE[child.matchName] || this.claimed[fancam.keyOf(child)]) continue;
			if (child.canSetEnabled && !child.enabled) continue;
			if (group.matchName === 'ADBE Layer Styles') {
				if (child.matchName !== 'ADBE Blend Options Group') this.add('lost', fancam.pathOf(child), 'layer styles are not exported; draw it with an effect');
			} else if (child.propertyType !== PropertyType.PROPERTY) {
				this.sweep(child);
			} else if (child.isModified || child.numKeys > 0 || expressed(child)) {
				this.add('lost', fancam.pathOf(child), 'the shot model has nothing like ' + child.matchName);
			}
		}
	};

	function expressed(property) {
		return property.canSetExpression && property.expressionEnabled && property.expression !== '';
	}

	/** A property's place in its layer, by names, as the timeline panel shows it. */
	fancam.pathOf = function (property) {
		var names = [];
		for (var at = property; at && at.parentProperty; at = at.parentProperty) names.unshift(at.name);
		return names.join('/');
	};

	/** The same as a key: two effects may have one name. */
	fancam.keyOf = function (property) {
		var places = [];
		for (var at = property; at && at.parentProperty; at = at.parentProperty) places.unshift(at.propertyIndex + ':' + at.matchName);
		return places.join('/');
	};
})();
