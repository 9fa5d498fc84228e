"""Layers in space, cameras and lights, by geometry and by the formulas of the contract."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.compositor.conformance.case import SIZE, black, case, color, keys, layer, premultiplied, solid, value
from tests.compositor.conformance.raster import Picture, over, placed, places
from tests.compositor.material import Json

GROUP = "3D layers and cameras"
LIGHTS = "Lights and materials"

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

ZOOM = SIZE[0] * 50 / 36


def axis(which: str, degrees: float) -> Matrix:
    """A turn about an axis, 4 by 4."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(4)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[which]
    matrix[first, first], matrix[first, second], matrix[second, first], matrix[second, second] = c, -s, s, c
    return matrix


def shift(x: float, y: float, z: float = 0) -> Matrix:
    """A shift in space, 4 by 4."""
    matrix = np.eye(4)
    matrix[:3, 3] = x, y, z
    return matrix


def stood(*turns: Matrix, at: tuple[float, float, float] = (64, 48, 0), size: tuple[float, float] = (64, 48)) -> Matrix:
    """A layer's pixels in the composition: about its middle, by the turns, outermost first."""
    matrix = shift(*at)
    for each in turns:
        matrix = matrix @ each
    return matrix @ shift(-size[0] / 2, -size[1] / 2)


def seen(world: Matrix, camera: Matrix | None = None, zoom: float = ZOOM) -> Matrix:
    """Where a camera shows a layer, 3 by 3; `camera` is its own place in the composition."""
    camera = shift(64, 48, -ZOOM) if camera is None else camera
    eye = np.linalg.inv(camera) @ world
    lens = np.array([[zoom, 0, 64], [0, zoom, 48], [0, 0, 1]])
    projected: Matrix = lens @ eye[:3][:, [0, 1, 3]]
    return projected


def shown3d(world: Matrix, camera: Matrix | None = None, zoom: float = ZOOM) -> Picture:
    return over(black(), placed(premultiplied(), seen(world, camera, zoom), SIZE))


def looking(eye: tuple[float, float, float], target: tuple[float, float, float]) -> Matrix:
    """A camera that stands somewhere and looks at something, level."""
    forward = np.subtract(target, eye) / np.linalg.norm(np.subtract(target, eye))
    right = np.cross([0, 1, 0], forward)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2], matrix[:3, 3] = right, np.cross(forward, right), forward, eye
    return matrix


def deep(title: str, name: str, transform: Json, world: Matrix, **more: Any) -> None:
    """A case of a chart in space under the default camera."""
    case(GROUP, title, f"space-{name}", [layer("a", threeD=True, transform=transform)], partial(shown3d, world), **more)


deep("Z position", "z", {"position": value(64, 48, 90)}, stood(at=(64, 48, 90)))
deep("X rotation", "x-rotation", {"xRotation": value(50)}, stood(axis("x", 50)))
deep("Y rotation", "y-rotation", {"yRotation": value(-55)}, stood(axis("y", -55)))
deep(
    "All rotations in order",
    "rotations",
    {"xRotation": value(30), "yRotation": value(40), "rotation": value(50)},
    stood(axis("x", 30), axis("y", 40), axis("z", 50)),
)
deep(
    "Orientation, before rotations",
    "orientation",
    {"orientation": value(20, 30, 40), "yRotation": value(25)},
    stood(axis("x", 20), axis("y", 30), axis("z", 40), axis("y", 25)),
)
deep(
    "Separated z",
    "separated-z",
    {"positionX": value(50), "positionZ": keys((0, [0]), (20, [100]))},
    stood(at=(50, 48, 40)),
    frame=8,
)


def sideways() -> Picture:
    """A child beside its parent, which is turned."""
    world = stood(axis("y", 50), size=(40, 30)) @ shift(55, 15, -20) @ shift(-32, -24)
    sheet = np.ones((30, 40, 4)) * [30 / 255, 90 / 255, 200 / 255, 1]
    picture = over(black(), placed(sheet, seen(stood(axis("y", 50), size=(40, 30))), SIZE))
    return over(picture, placed(premultiplied(), seen(world), SIZE))


case(
    GROUP,
    "Parenting in space",
    "space-parenting",
    [
        layer("a", threeD=True, parent="b", transform={"position": value(55, 15, -20)}),
        solid("b", (30, 90, 200), 40, 30, threeD=True, transform={"yRotation": value(50)}),
    ],
    sideways,
)
CAMERA = {"position": value(20, 90, -160), "pointOfInterest": value(64, 48, 0), "zoom": value(150)}
TILTED = [layer("a", threeD=True, transform={"yRotation": value(30)})]
case(
    GROUP,
    "Two-node camera, zoom",
    "camera-two-node",
    TILTED,
    lambda: shown3d(stood(axis("y", 30)), looking((20, 90, -160), (64, 48, 0)), 150),
    more={"camera": CAMERA},
)
case(
    GROUP,
    "One-node camera, orientation and rotations",
    "camera-one-node",
    TILTED,
    lambda: shown3d(
        stood(axis("y", 30)),
        shift(50, 60, -150)
        @ axis("x", 5)
        @ axis("y", -6)
        @ axis("z", 0)
        @ axis("x", -3)
        @ axis("y", 12)
        @ axis("z", 20),
        140,
    ),
    more={
        "camera": {
            "position": value(50, 60, -150),
            "zoom": value(140),
            "orientation": value(5, -6, 0),
            "xRotation": value(-3),
            "yRotation": value(12),
            "zRotation": value(20),
        }
    },
)
case(
    GROUP,
    "Animated camera",
    "camera-animated",
    TILTED,
    lambda: shown3d(stood(axis("y", 30)), looking((40, 70, -140), (64, 48, 0)), 130),
    frame=5,
    more={
        "camera": {
            "position": keys((0, [20, 90, -160]), (10, [60, 50, -120])),
            "pointOfInterest": value(64, 48, 0),
            "zoom": keys((0, [120]), (10, [140])),
        }
    },
)
case(
    GROUP,
    "Camera parented to a null",
    "camera-parent",
    [*TILTED, {"name": "rig", "null": {}, "threeD": True, "transform": {"yRotation": value(25)}}],
    lambda: shown3d(stood(axis("y", 30)), shift(64, 48) @ axis("y", 25) @ shift(0, 0, -150), 140),
    more={"camera": {"parent": "rig", "position": value(0, 0, -150), "zoom": value(140)}},
)
case(
    GROUP,
    "Cuts between cameras",
    "camera-cuts",
    TILTED,
    lambda: shown3d(stood(axis("y", 30)), looking((20, 90, -160), (64, 48, 0)), 150),
    frame=12,
    more={
        "cameras": [{"position": value(64, 48, -400), "zoom": value(100), "outFrame": 12}, {**CAMERA, "inFrame": 12}]
    },
)
case(
    GROUP,
    "Auto-orient towards the camera",
    "auto-orient-camera",
    [
        layer(
            "a",
            threeD=True,
            autoOrient="AUTO_ORIENT_TOWARDS_CAMERA",
            transform={"position": value(100, 20, 40), "rotation": value(10)},
        )
    ],
    lambda: shown3d(
        shift(100, 20, 40)
        @ np.vstack([np.hstack([looking((64, 48, -ZOOM), (100, 20, 40))[:3, :3], np.zeros((3, 1))]), [0, 0, 0, 1]])
        @ axis("z", 10)
        @ shift(-32, -24)
    ),
)
CROSSING = [
    solid("red", (210, 50, 40), 90, 60, threeD=True, transform={"yRotation": value(40)}),
    solid("blue", (40, 80, 220), 90, 60, threeD=True, transform={"yRotation": value(-35), "xRotation": value(20)}),
    solid("green", (60, 190, 80), 110, 80, threeD=True, transform={"xRotation": value(-60)}),
]


def nearest(sheets: list[tuple[Matrix, tuple[float, float], tuple[int, int, int]]]) -> Picture:
    """By a depth test at every place: the nearest sheet is seen."""
    x, y = places(SIZE)
    depth, colour = np.full(x.shape, np.inf), np.zeros((*x.shape, 4))
    for world, (width, height), rgb in sheets:
        back = np.linalg.inv(seen(world))
        u, v, w = (back[row, 0] * x + back[row, 1] * y + back[row, 2] for row in range(3))
        inside = (u / w >= 0) & (u / w <= width) & (v / w >= 0) & (v / w <= height) & (w > 0)
        nearer = inside & (1 / w < depth)
        depth = np.where(nearer, 1 / w, depth)
        colour[nearer] = np.array([*rgb, 255]) / 255
    fine = colour.reshape(SIZE[1], x.shape[0] // SIZE[1], SIZE[0], -1, 4)
    return over(black(), fine.mean(axis=(1, 3)))


case(
    GROUP,
    "Layers that cut through each other",
    "space-intersecting",
    CROSSING,
    lambda: nearest(
        [
            (stood(axis("y", 40), size=(90, 60)), (90, 60), (210, 50, 40)),
            (stood(axis("x", 20), axis("y", -35), size=(90, 60)), (90, 60), (40, 80, 220)),
            (stood(axis("x", -60), size=(110, 80)), (110, 80), (60, 190, 80)),
        ]
    ),
)
case(
    GROUP,
    "Order by depth among neighbours",
    "space-order",
    [
        solid("far", (210, 50, 40), 90, 60, threeD=True, transform={"position": value(50, 40, 60)}),
        solid("near", (40, 80, 220), 50, 40, threeD=True, transform={"position": value(80, 60, -30)}),
    ],
    lambda: nearest(
        [
            (stood(at=(50, 40, 60), size=(90, 60)), (90, 60), (210, 50, 40)),
            (stood(at=(80, 60, -30), size=(50, 40)), (50, 40), (40, 80, 220)),
        ]
    ),
)
case(
    GROUP,
    "A 2D layer between parts them",
    "space-order-parted",
    [
        solid("far", (210, 50, 40), 90, 60, threeD=True, transform={"position": value(50, 40, 60)}),
        solid("wall", (90, 90, 90), 10, 96),
        solid("near", (40, 80, 220), 50, 40, threeD=True, transform={"position": value(80, 60, -30)}),
    ],
    lambda: over(
        over(
            over(
                black(),
                placed(
                    np.ones((40, 50, 4)) * [40 / 255, 80 / 255, 220 / 255, 1],
                    seen(stood(at=(80, 60, -30), size=(50, 40))),
                    SIZE,
                ),
            ),
            placed(
                np.ones((96, 10, 4)) * [90 / 255, 90 / 255, 90 / 255, 1],
                np.array([[1, 0, 59], [0, 1, 0], [0, 0, 1]], float),
                SIZE,
            ),
        ),
        placed(
            np.ones((60, 90, 4)) * [210 / 255, 50 / 255, 40 / 255, 1], seen(stood(at=(50, 40, 60), size=(90, 60))), SIZE
        ),
    ),
)


def disc(picture: Picture, radius: float) -> Picture:
    """A picture through a lens: every point a disc."""
    reach = int(np.ceil(radius)) + 1
    fine = 8
    across = (np.arange(-reach * fine, reach * fine + fine) + 0.5) / fine - 0.5
    inside = np.hypot(*np.meshgrid(across, across)) <= radius
    size = 2 * reach + 1
    kernel = inside.reshape(size, fine, size, fine).mean(axis=(1, 3))
    kernel /= kernel.sum()
    padded = np.pad(picture, ((reach, reach), (reach, reach), (0, 0)))
    height, width = picture.shape[:2]
    total = np.zeros(picture.shape)
    for row in range(size):
        for column in range(size):
            total += kernel[row, column] * padded[row : row + height, column : column + width]
    return total


LENS = {"focusDistance": value(ZOOM), "aperture": value(30), "blurLevel": value(80)}
case(
    GROUP,
    "Depth of field",
    "camera-depth-of-field",
    [layer("a", threeD=True, transform={"position": value(64, 48, 80)})],
    lambda: over(
        black(),
        disc(
            placed(premultiplied(), seen(stood(at=(64, 48, 80))), SIZE), 30 * 0.8 * 80 / ZOOM * ZOOM / (ZOOM + 80) / 2
        ),
    ),
    more={"camera": {"zoom": value(ZOOM), "depthOfField": LENS}},
    differs="a round lens; theirs has more shapes of iris",
)
case(
    GROUP,
    "Depth of field, in focus",
    "camera-in-focus",
    [layer("a", threeD=True)],
    lambda: shown3d(stood()),
    more={"camera": {"zoom": value(ZOOM), "depthOfField": LENS}},
)


def tilted_blur() -> Picture:
    """A turned sheet whose blur grows with each place's distance from the focus: many blurs, mixed place by place."""
    world = stood(axis("y", 60))
    sharp = placed(premultiplied(), seen(world), SIZE)
    x, y = np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5)
    back = np.linalg.inv(seen(world))
    depth = 1 / (back[2, 0] * x + back[2, 1] * y + back[2, 2])
    radius = 30 * 0.8 * np.abs(depth - ZOOM) / depth / 2
    radii = np.arange(0, 8, 0.25)
    blurs = np.array([disc(sharp, each) if each >= 0.5 else sharp for each in radii])
    which = np.clip(np.round(radius / 0.25).astype(int), 0, len(radii) - 1)
    rows, columns = np.indices(which.shape)
    return over(black(), blurs[which, rows, columns])


case(
    GROUP,
    "Depth of field of a turned layer",
    "camera-depth-of-field-turned",
    [layer("a", threeD=True, transform={"yRotation": value(60)})],
    tilted_blur,
    more={"camera": {"zoom": value(ZOOM), "depthOfField": LENS}},
    differs="a round lens; theirs has more shapes of iris",
)

WALL = (150, 120, 90)
EYE = np.array([64, 48, -ZOOM])
MATERIAL = {
    "ambient": value(80),
    "diffuse": value(90),
    "specular": value(60),
    "shininess": value(40),
    "metal": value(30),
}


def lit(
    strength: Callable[[Vector], tuple[Vector, Vector]],
    *turns: Matrix,
    ambient: float = 0,
    colour: Any = (255, 255, 255),
) -> Picture:
    """A wall of 100 by 76 under one light.

    `strength` takes places (..., 3) and gives the light's strength there and the directions towards it.
    """
    world = stood(*turns, size=(100, 76))
    back = np.linalg.inv(seen(world))
    x, y = places(SIZE, 2)
    u, v, w = (back[row, 0] * x + back[row, 1] * y + back[row, 2] for row in range(3))
    u, v = u / w, v / w
    inside = (u >= 0) & (u <= 100) & (v >= 0) & (v <= 76)
    place = np.stack([u, v, np.zeros(u.shape), np.ones(u.shape)], axis=-1) @ world.T
    place = place[..., :3]
    normal = world[:3, 2] / np.linalg.norm(world[:3, 2])
    to_eye = EYE - place
    to_eye /= np.linalg.norm(to_eye, axis=-1, keepdims=True)
    normals = np.where((to_eye @ normal < 0)[..., None], -normal, normal)
    power, way = strength(place)
    facing = np.maximum((normals * way).sum(axis=-1), 0)
    half = way + to_eye
    half /= np.linalg.norm(half, axis=-1, keepdims=True)
    shine = np.where(facing > 0, np.maximum((normals * half).sum(axis=-1), 0) ** (2 ** (40 / 10)), 0)
    own, light = np.array(WALL) / 255, np.array(colour) / 255
    rgb = own * (0.8 * ambient + (0.9 * power * facing)[..., None] * light)
    rgb = rgb + (0.6 * power * shine)[..., None] * light * (0.7 + 0.3 * own)
    fine = np.concatenate([np.clip(rgb, 0, 1), np.ones((*rgb.shape[:2], 1))], axis=-1) * inside[..., None]
    picture = fine.reshape(SIZE[1], 2, SIZE[0], 2, 4).mean(axis=(1, 3))
    return over(black(), picture)


def wall(**transform: Json) -> list[Json]:
    return [solid("wall", WALL, 100, 76, threeD=True, material=MATERIAL, transform=dict(transform))]


def towards(place: Vector, source: tuple[float, float, float]) -> tuple[Vector, Vector]:
    """Distances and directions to a point."""
    way = np.array(source, float) - place
    away = np.linalg.norm(way, axis=-1)
    return away, way / away[..., None]


def light(title: str, name: str, lights: list[Json], reference: Callable[[], Picture], **transform: Json) -> None:
    """A case of lights on the wall."""
    case(LIGHTS, title, f"light-{name}", wall(**transform), reference, more={"lights": lights})


def darkness(place: Vector) -> tuple[Vector, Vector]:
    return np.zeros(place.shape[:-1]), np.full(place.shape, [0.0, 0.0, -1.0])


light(
    "Ambient", "ambient", [{"kind": "LIGHT_KIND_AMBIENT", "intensity": value(60)}], lambda: lit(darkness, ambient=0.6)
)


def sun(place: Vector) -> tuple[Vector, Vector]:
    way = np.array([64 - 20, 48 - 80, 0 + 90], float)
    return np.full(place.shape[:-1], 0.9), np.zeros(place.shape) - way / np.linalg.norm(way)


light(
    "Parallel",
    "parallel",
    [{"kind": "LIGHT_KIND_PARALLEL", "intensity": value(90), "position": value(20, 80, -90)}],
    lambda: lit(sun, axis("y", 30)),
    yRotation=value(30),
)


def bulb(place: Vector) -> tuple[Vector, Vector]:
    _, way = towards(place, (40, 30, -50))
    return np.full(place.shape[:-1], 1.1), way


light(
    "Point, with colour",
    "point",
    [
        {
            "kind": "LIGHT_KIND_POINT",
            "intensity": value(110),
            "position": value(40, 30, -50),
            "color": color(255, 220, 160),
        }
    ],
    lambda: lit(bulb, axis("x", 20), colour=(255, 220, 160)),
    xRotation=value(20),
)


def falling(kind: str, place: Vector) -> tuple[Vector, Vector]:
    away, way = towards(place, (40, 30, -50))
    if kind == "SMOOTH":
        t = np.clip((away - 40) / 60, 0, 1)
        return 1.2 * (1 - t * t * (3 - 2 * t)), way
    return 1.2 * (40 / np.maximum(away, 40)) ** 2, way


for kind, title in (("SMOOTH", "smooth"), ("INVERSE_SQUARE", "inverse square")):
    light(
        f"Falloff, {title}",
        f"falloff-{title.replace(' ', '-')}",
        [
            {
                "kind": "LIGHT_KIND_POINT",
                "intensity": value(120),
                "position": value(40, 30, -50),
                "falloff": f"LIGHT_FALLOFF_{kind}",
                "falloffRadius": value(40),
                "falloffDistance": value(60),
            }
        ],
        partial(lit, partial(falling, kind)),
    )


def cone(place: Vector) -> tuple[Vector, Vector]:
    _, way = towards(place, (30, 20, -70))
    aim = np.array([70 - 30, 50 - 20, 70], float)
    cosine = -(way @ (aim / np.linalg.norm(aim)))
    low, high = np.cos(np.radians(25)), np.cos(np.radians(25 * 0.6))
    t = np.clip((cosine - low) / (high - low), 0, 1)
    return 1.2 * t * t * (3 - 2 * t), way


light(
    "Spot, cone and feather",
    "spot",
    [
        {
            "kind": "LIGHT_KIND_SPOT",
            "intensity": value(120),
            "position": value(30, 20, -70),
            "pointOfInterest": value(70, 50, 0),
            "coneAngle": value(50),
            "coneFeather": value(40),
        }
    ],
    lambda: lit(cone),
)


def shaded(place: Vector) -> tuple[Vector, Vector]:
    """Between the light and the wall hangs a sheet of 30 by 20 at z = -40."""
    _, way = towards(place, (50, 40, -120))
    # Where the ray to the light passes the sheet's plane.
    share = (-40 - place[..., 2]) / (-120 - place[..., 2])
    hit = place + (np.array([50, 40, -120]) - place) * share[..., None]
    under = (abs(hit[..., 0] - 60) <= 15) & (abs(hit[..., 1] - 45) <= 10)
    return np.where(under, 1.2 * 0.3, 1.2), way


case(
    LIGHTS,
    "Shadows",
    "light-shadow",
    [
        solid(
            "sheet",
            (255, 255, 255),
            30,
            20,
            threeD=True,
            transform={"position": value(60, 45, -40)},
            material={"castsShadows": True, "acceptsLights": False},
        ),
        *wall(),
    ],
    lambda: over(
        lit(shaded),
        placed(np.ones((20, 30, 4)), seen(stood(at=(60, 45, -40), size=(30, 20))), SIZE),
    ),
    more={
        "lights": [
            {
                "kind": "LIGHT_KIND_POINT",
                "intensity": value(120),
                "position": value(50, 40, -120),
                "castsShadows": True,
                "shadowDarkness": value(70),
            }
        ]
    },
    differs="shadows have hard edges",
)
case(
    LIGHTS,
    "Layers that accept no lights",
    "light-not-accepted",
    [layer("a", threeD=True, material={"acceptsLights": False})],
    lambda: shown3d(stood()),
    more={"lights": [{"kind": "LIGHT_KIND_AMBIENT", "intensity": value(10)}]},
)
