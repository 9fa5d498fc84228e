/** Cameras and lights. */
(function () {
	/** A camera layer as a shot's camera; `parentName` as the shot calls the parent, if any. */
	fancam.camera = function (job, layer, parentName) {
		var group = layer.property('ADBE Transform Group');
		var options = layer.property('ADBE Camera Options Group');
		var aimed = layer.autoOrient === AutoOrientType.CAMERA_OR_POINT_OF_INTEREST;
		var found = {};
		spatial(job, group.property('ADBE Position'), found, 'position');
		if (aimed) found.point_of_interest = fancam.property(job, group.property('ADBE Anchor Point'));
		else {
			job.losses.claim(group.property('ADBE Anchor Point'));
			if (layer.autoOrient === AutoOrientType.ALONG_PATH) job.losses.add('lost', 'Auto-Orient', 'cameras do not turn along their path');
		}
		found.zoom = fancam.property(job, options.property('ADBE Camera Zoom'));
		turn('ADBE Orientation', 'orientation');
		turn('ADBE Rotate X', 'x_rotation');
		turn('ADBE Rotate Y', 'y_rotation');
		turn('ADBE Rotate Z', 'z_rotation');
		found.parent = parentName || undefined;
		job.losses.claim(options.property('ADBE Camera Depth of Field'));
		if (options.property('ADBE Camera Depth of Field').value) {
			found.depth_of_field = {
				focus_distance: fancam.property(job, options.property('ADBE Camera Focus Distance')),
				aperture: fancam.property(job, options.property('ADBE Camera Aperture')),
				blur_level: fancam.property(job, options.property('ADBE Camera Blur Level'))
			};
		} else {
			job.losses.claim(options.property('ADBE Camera Focus Distance'));
			job.losses.claim(options.property('ADBE Camera Aperture'));
			job.losses.claim(options.property('ADBE Camera Blur Level'));
		}
		return found;

		function turn(match, field) {
			var property = job.losses.claim(group.property(match));
			if (fancam.moves(property) || String(fancam.list(property.value)) !== (field === 'orientation' ? '0,0,0' : '0')) {
				found[field] = fancam.property(job, property);
			}
		}
	};

	/** A position of a camera or a light, whose axes a shot keeps together. */
	function spatial(job, property, found, field) {
		var axis;
		for (axis = 0; axis < 3; axis++) job.losses.claim(property.getSeparationFollower(axis));
		if (!property.dimensionsSeparated) {
			found[field] = fancam.property(job, property);
			return;
		}
		job.losses.claim(property);
		job.losses.add('baked', fancam.pathOf(property), 'separated dimensions of a camera or a light are sampled once a frame');
		var keyframes = [];
		var value;
		for (var frame = 0; frame < job.frames; frame++) {
			value = [];
			for (axis = 0; axis < 3; axis++) value.push(property.getSeparationFollower(axis).valueAtTime(frame / job.rate, false));
			keyframes.push({ frame: frame, value: value });
		}
		found[field] = { keyframes: keyframes };
	}

	fancam.light = function (job, layer, parentName) {
		var group = layer.property('ADBE Transform Group');
		var options = layer.property('ADBE Light Options Group');
		var kind = fancam.named(LightType, layer.lightType, fancam.LIGHT_KINDS);
		var found = { name: layer.name, kind: kind, parent: parentName || undefined };
		var falloff;
		if (!kind) {
			job.losses.add('lost', 'Light Type', 'a shot has ambient, parallel, point and spot lights');
			return null;
		}
		if (kind !== 'LIGHT_KIND_AMBIENT') {
			spatial(job, group.property('ADBE Position'), found, 'position');
			if (kind !== 'LIGHT_KIND_POINT') found.point_of_interest = fancam.property(job, group.property('ADBE Anchor Point'));
			falloff = fancam.FALLOFFS[String(fancam.fixed(job, options.property('ADBE Light Falloff Type')))];
			if (falloff) {
				found.falloff = falloff;
				found.falloff_radius = fancam.property(job, options.property('ADBE Light Falloff Start'));
				found.falloff_distance = fancam.property(job, options.property('ADBE Light Falloff Distance'));
			}
			if (fancam.fixed(job, options.property('ADBE Casts Shadows'))) {
				found.casts_shadows = true;
				found.shadow_darkness = fancam.property(job, options.property('ADBE Light Shadow Darkness'));
			}
		}
		if (kind === 'LIGHT_KIND_SPOT') {
			found.cone_angle = fancam.property(job, options.property('ADBE Light Cone Angle'));
			found.cone_feather = fancam.property(job, options.property('ADBE Light Cone Feather 2'));
		}
		found.intensity = fancam.property(job, options.property('ADBE Light Intensity'));
		found.color = fancam.color(fancam.fixed(job, options.property('ADBE Light Color')));
		return found;
	};

	/** A 3D layer's material, where it is not the usual one. */
	fancam.material = function (job, layer) {
		var group = layer.property('ADBE Material Options Group');
		var found = {};
		var any = false;
		if (!group || !layer.threeDLayer) return undefined;
		flag('ADBE Accepts Lights', 'accepts_lights', 1);
		flag('ADBE Accepts Shadows', 'accepts_shadows', 1);
		flag('ADBE Casts Shadows', 'casts_shadows', 0);
		number('ADBE Ambient Coefficient', 'ambient', 100);
		number('ADBE Diffuse Coefficient', 'diffuse', 50);
		number('ADBE Specular Coefficient', 'specular', 50);
		number('ADBE Shininess Coefficient', 'shininess', 5);
		number('ADBE Metal Coefficient', 'metal', 100);
		return any ? found : undefined;

		function flag(match, field, usual) {
			var property = group.property(match);
			var value;
			if (!property) return;
			value = Number(fancam.fixed(job, property));
			if (value === 2) job.losses.add('lost', fancam.pathOf(property), 'a layer that is only a shadow is not drawn so');
			if (value === usual) return;
			found[field] = value !== 0;
			any = true;
		}

		function number(match, field, usual) {
			var property = job.losses.claim(group.property(match));
			if (!property || (!fancam.moves(property) && property.value === usual)) return;
			found[field] = fancam.property(job, property);
			any = true;
		}
	};
})();
