"""The games of a GAN as a person writes them down; `objectives.py` computes them."""

from aigc_core.families.formulas import Formula, Term

REAL, FAKE = Term("D(x)", "d_real"), Term("D(G(z))", "d_fake")
D_LOSS, G_LOSS = Term("L_D", "d_loss"), Term("L_G", "g_loss")
PENALTY = Term("R", "penalty")
OBJECTIVES = "aigc_core.families.gan.losses"

# Of each objective: what the discriminator makes small, what the generator does, and the code of both.
GAMES: dict[str, tuple[tuple[str | Term, ...], tuple[str | Term, ...], str, str]] = {
    "non-saturating": (
        ("− log σ(", REAL, ") − log(1 − σ(", FAKE, "))"), ("− log σ(", FAKE, ")"),
        "logistic_discriminator", "non_saturating_generator",
    ),
    "minimax": (
        ("− log σ(", REAL, ") − log(1 − σ(", FAKE, "))"), ("log(1 − σ(", FAKE, "))"),
        "logistic_discriminator", "minimax_generator",
    ),
    "least-squares": (
        ("½ (", REAL, " − 1)² + ½ ", FAKE, "²"), ("½ (", FAKE, " − 1)²"),
        "least_squares_discriminator", "least_squares_generator",
    ),
    "hinge": (
        ("max(0, 1 − ", REAL, ") + max(0, 1 + ", FAKE, ")"), ("− ", FAKE),
        "hinge_discriminator", "mean_generator",
    ),
    "wasserstein": (
        (FAKE, " − ", REAL), ("− ", FAKE), "mean_discriminator", "mean_generator",
    ),
    "relativistic": (
        ("softplus(", FAKE, " − ", REAL, ")"), ("softplus(", REAL, " − ", FAKE, ")"),
        "relativistic_discriminator", "relativistic_generator",
    ),
}  # fmt: skip
# R where a game has a penalty, and its code.
PENALTIES: dict[str, tuple[tuple[str | Term, ...], str]] = {
    "wasserstein": ((PENALTY, " = (‖∇D(x̂)‖ − 1)²"), "interpolation_penalty"),
    "relativistic": ((PENALTY, " = ½ ‖∇D(x)‖² + ½ ‖∇D(G(z))‖²"), "zero_centred_penalty"),
}


def formulas(objective: str) -> list[Formula]:
    """Of a game: discriminator, generator, and the penalty where there is one."""
    discriminator, generator, d_code, g_code = GAMES[objective]
    found = [
        Formula("gan.discriminator", (D_LOSS, " = ", *discriminator), f"{OBJECTIVES}:{d_code}"),
        Formula("gan.generator", (G_LOSS, " = ", *generator), f"{OBJECTIVES}:{g_code}"),
    ]
    if objective in PENALTIES:
        parts, code = PENALTIES[objective]
        found.append(Formula("gan.penalty", parts, f"{OBJECTIVES}:{code}"))
    return found
