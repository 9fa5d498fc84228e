"""The avatar library as code: parts generated from one head, one scalp and one skeleton, as glTF.

    mesh.py   surfaces swept along curves, and the arrays they become
    glb.py    those arrays as glTF 2.0 binary
    head.py   the head that everything is fitted to, and its morphs
    body.py   skeleton, body and outfits
    hair/     locks, curls, braids and knots on the scalp
    headwear/ what is worn over hair, and what becomes of the hair
    wear.py   eyewear, beards, jewellery
    paint.py  brows, eyes and mouths, which are painted and not modelled

`python -m services.renderer.parts` writes `stage/avatar/library/dist/`. Metres, y up; the avatar looks along +z and
its left is +x.
"""
