"""The avatar library as code: parts generated from one head, one scalp and one skeleton, as glTF.

    mesh.py   surfaces swept along curves, and the arrays they become
    glb.py    those arrays as glTF 2.0 binary
    head.py   the head that everything is fitted to, and its morphs
    ears.py   shapes of ears
    body.py   skeleton, torso and limbs
    hands.py  hands with five fingers, and the microphone
    garments.py, tailoring.py  clothes as pieces
    outfits/  what is worn together
    hair/     locks, curls, braids and knots on the scalp
    headwear/ what is worn over hair, and what becomes of the hair
    eyewear.py, beards.py, jewellery.py  what a face wears
    wear.py   which of them builds which group
    paint.py  brows, eyes, mouths, noses' shading, marks and make-up, which are painted and not modelled

`python -m services.renderer.parts` writes `stage/avatar/library/dist/`. Metres, y up; the avatar looks along +z and
its left is +x.
"""
