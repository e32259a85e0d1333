"""Sentences for what happens in a clip, and the tokenizer that knows their words."""

from __future__ import annotations

import re

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from stillwake_export.presets import PRESET_PROMPTS

from .scenes import COLOURS, SWAYS, Motion, Scene

NAMES: dict[str, tuple[str, ...]] = {
    "disc": ("disc", "circle", "ball", "dot"),
    "square": ("square", "box", "block"),
    "star": ("star",),
    "triangle": ("triangle",),
    "diamond": ("diamond", "rhombus"),
    "ring": ("ring", "hoop"),
    "heart": ("heart",),
    "cross": ("cross", "plus"),
    "moon": ("moon", "crescent"),
    "creature": ("creature", "sprite", "monster", "little creature", "robot"),
}
ANYTHING = ("shape", "thing", "object", "it", "figure", "toy", "subject", "person", "cat", "car", "boat")
GROUNDS = ("background", "texture", "pattern", "ground", "whole picture", "scene")
KINDS = {
    "checks": ("checks", "chessboard"),
    "dots": ("dots", "spots"),
    "clouds": ("clouds", "waves", "water"),
}
VERBS = ("moves", "glides", "slides", "drifts", "travels", "goes", "floats", "flies", "runs", "shifts")
PLAIN_FORMS = ("move", "glide", "slide", "drift", "travel", "go", "float", "fly", "run", "shift")
WAYS: dict[str, tuple[str, ...]] = {
    "left": ("left", "to the left", "leftwards", "towards the left", "to the left side", "left"),
    "right": ("right", "to the right", "rightwards", "towards the right", "to the right side", "right"),
    "up": ("up", "upwards", "to the top", "towards the top", "upward", "up"),
    "down": ("down", "downwards", "to the bottom", "towards the bottom", "downward", "down"),
}
SPEEDS: dict[str, tuple[str, ...]] = {
    "slowly": ("slowly", "slowly", "slowly", "very slowly", "at a slow pace", "calmly"),
    "quickly": ("quickly", "quickly", "quickly", "fast", "rapidly", "swiftly", "at a high speed"),
    "": ("",),
}
ENDINGS: dict[str, tuple[str, ...]] = {
    "": ("",),
    "stops": ("then stops", "and then stops", "and stops halfway", "and comes to rest", "then halts"),
    "returns": ("then comes back", "and then returns", "and back again", "then goes back"),
}
FRONTS = ("", "", "", "", "in this picture", "we see how", "a clip where", "now")
TAILS = (
    "",
    "",
    "",
    "",
    "while the camera holds still",
    "in a straight line",
    "over the background",
    "please",
)
STILLS = (
    "{} stays still",
    "{} does not move",
    "{} rests",
    "nothing moves",
    "a still picture",
    "{} holds still",
)
GENTLE = ("{} moves gently", "gentle movement", "{} sways a little", "{} wobbles", "something happens", "")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,;:!?'\"-()"
MAX_TOKENS = 40

Random = np.random.Generator


def _pick(random: Random, options: tuple[str, ...]) -> str:
    return options[int(random.integers(len(options)))]


def _gibberish(random: Random) -> str:
    return "".join(random.choice(list(LETTERS[:26]), size=int(random.integers(2, 8))))


def _subject(random: Random, scene: Scene, motion: Motion) -> str:
    article = _pick(random, ("the", "the", "the", "a"))
    if motion.kind == "texture":
        return f"the {_pick(random, GROUNDS + KINDS[scene.background])}"
    chance = random.uniform()
    if chance < 0.08:
        return f"{article} {_gibberish(random)}"
    if chance < 0.2:
        name = _pick(random, ANYTHING)
        return name if name == "it" else f"{article} {name}"
    colour = f"{scene.colour} " if random.uniform() < 0.35 else ""
    return f"{article} {colour}{_pick(random, NAMES[scene.shape])}"


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def caption(random: Random, scene: Scene, motion: Motion) -> str:
    """A sentence that says `motion`; another one each time."""
    subject = _subject(random, scene, motion)
    if motion.kind in PRESET_PROMPTS and not (motion.kind == "gentle-movement" and random.uniform() < 0.85):
        return PRESET_PROMPTS[motion.kind]
    if motion.kind == "gentle-movement":
        if random.uniform() < 0.5:
            return _pick(random, GENTLE).format(subject)
        count = int(random.integers(1, 6))
        words = [
            _pick(random, ANYTHING) if random.uniform() < 0.3 else _gibberish(random) for _ in range(count)
        ]
        return " ".join(words)
    if motion.kind == "still":
        return _pick(random, STILLS).format(subject)
    way, speed = _pick(random, WAYS[motion.direction]), _pick(random, SPEEDS[motion.speed])
    ending = _pick(random, ENDINGS[motion.ending])
    front = _pick(random, FRONTS)
    if random.uniform() < 0.06:
        return _join("make", subject, _pick(random, PLAIN_FORMS), way, speed, ending)
    verb = _pick(random, VERBS) if random.uniform() < 0.6 else "moves"
    if speed and random.uniform() < 0.3:
        text = _join(front, subject, speed, verb, way, ending)
    else:
        text = _join(front, subject, verb, way, speed, ending)
    text = _join(text, "" if ending else _pick(random, TAILS))
    if random.uniform() < 0.15:
        text = text[:1].upper() + text[1:] + "."
    return text


def make_motion(random: Random) -> tuple[str, Motion]:
    """What happens in a clip of the training set, and on which backgrounds (`any`, `texture`)."""
    chance = random.uniform()
    direction = str(random.choice(["left", "right", "up", "down"]))
    speed = str(random.choice(["slowly", "", "quickly"]))
    if chance < 0.62:
        return "any", Motion("move", direction, speed)
    if chance < 0.72:
        return "any", Motion("move", direction, speed, "stops")
    if chance < 0.78:
        return "any", Motion("move", direction, speed, "returns")
    if chance < 0.84:
        return "texture", Motion("texture", direction, speed)
    if chance < 0.87:
        return "any", Motion("still")
    if chance < 0.92:
        return "any", Motion("gentle-movement")
    return "any", Motion(str(random.choice([kind for kind in SWAYS if kind != "still"])))


def _vocabulary() -> list[str]:
    """Every word of the sentences above."""
    texts = [*ANYTHING, *GROUNDS, *VERBS, *PLAIN_FORMS, *FRONTS, *TAILS, *STILLS, *GENTLE, *COLOURS]
    for table in (NAMES, KINDS, WAYS, SPEEDS, ENDINGS):
        texts += [text for options in table.values() for text in options]
    texts += [*PRESET_PROMPTS.values(), "the", "a", "make"]
    return sorted(set(re.findall(r"[a-z]{2,}", " ".join(texts).lower())) | {"a"})


def make_tokenizer() -> PreTrainedTokenizerFast:
    """`<pad>` 0, `</s>` 1, `<unk>` 2, words, letters that unknown words are spelt with; case is ignored."""
    pieces: list[tuple[str, float]] = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(f"▁{word}", -4.0) for word in _vocabulary()]
    pieces += [("▁", -5.0)] + [(letter, -8.0) for letter in LETTERS]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=MAX_TOKENS,
    )
