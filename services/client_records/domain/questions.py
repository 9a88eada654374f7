"""The questions of a screening, in the order in which they are asked.

Kinds of answers:
yes_no    true, false, or null for "not known"
choice    one of `choices`
last_use  {"used": false}, or {"used": true, "last": a date, a moment, or null for "not known"}
period    {"had": false}, or {"had": true, "starts": date or null, "ends": date or null}
planned   {"planned": false}, or {"planned": true, "on": date or null}
zones     numbers of zones, [] for none
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("yes_no", "choice", "last_use", "period", "planned", "zones")
RULES_VERSION = "2026-11"  # of questions and tables: kept with each screening


@dataclass(frozen=True, slots=True)
class Question:
    """One question.  `only_if`: another question and the answers after which this one is asked."""

    id: str
    text: str
    kind: str
    clear_answer: Any  # an answer that raises nothing
    choices: tuple[str, ...] = ()
    only_if: tuple[str, tuple[Any, ...]] | None = None


def _flag(question: str, text: str, *, clear: bool = False, **more: Any) -> Question:
    return Question(question, text, "yes_no", clear, **more)


def _last(question: str, text: str, **more: Any) -> Question:
    return Question(question, text, "last_use", {"used": False}, **more)


def _choice(question: str, text: str, *choices: str, **more: Any) -> Question:
    return Question(question, text, "choice", choices[0], choices, **more)


QUESTIONS: tuple[Question, ...] = (
    _last("topical_retinoid", "Have you used a retinoid (tretinoin, adapalene, retinol) there?"),
    _last(
        "exfoliating_acids_or_scrubs", "Have you used fruit or salicylic acids or a scrub there?"
    ),
    _last("benzoyl_peroxide", "Have you used benzoyl peroxide there?"),
    _last("prescribed_acne_product", "Have you used another prescribed acne product there?"),
    _last("topical_antibiotic", "Have you used an antibiotic cream there?"),
    _last("systemic_antibiotic", "Have you taken an antibiotic?"),
    _last("hydroquinone", "Have you used hydroquinone or a lightening cream there?"),
    _flag("isotretinoin_now", "Are you taking isotretinoin?"),
    _last("isotretinoin_past", "Have you ever taken isotretinoin?"),
    _last("anti_inflammatory_painkiller", "Have you taken ibuprofen, naproxen or the like?"),
    _last("aspirin", "Have you taken aspirin that was not prescribed?"),
    _flag("blood_thinner_now", "Are you taking a prescribed blood thinner?"),
    _last("bleeding_supplements", "Have you taken fish oil, vitamin E, ginkgo or garlic?"),
    _last("alcohol", "Have you drunk alcohol in the last days?"),
    _flag("intoxicated", "Are you under the influence of alcohol or drugs?"),
    _last("sun_bathing_or_tanning_bed", "Have you sunbathed or used a tanning bed?"),
    _flag("sunburn_now", "Is the skin there sunburnt?"),
    _last("sunburn_past", "Was the skin there sunburnt in the last month?"),
    _flag("daily_sunscreen", "Have you worn sunscreen daily for two weeks?", clear=True),
    _last("self_tanner", "Have you used a self-tanner there?"),
    _last("hair_removal", "Was the area waxed, bleached or treated with depilatory cream?"),
    _last("shaving", "Have you shaved the area?"),
    _last("light_or_laser", "Have you had intense light, laser or radio frequency there?"),
    _last("ablative_laser", "Have you had ablative laser there?"),
    _last("superficial_peel", "Have you had a superficial peel there?"),
    _last("deep_peel_or_dermabrasion", "Have you had a deep peel or dermabrasion there?"),
    _last("microdermabrasion", "Have you had microdermabrasion there?"),
    _last("botulinum_toxin", "Have you had botulinum toxin there?"),
    _last("dermal_filler", "Have you had a filler there?"),
    Question(
        "injection_planned",
        "Is a toxin or filler planned there, and for when?",
        "planned",
        {"planned": False},
    ),
    _last("surgery", "Have you had plastic surgery there?"),
    _last("scar_since", "Is a scar or stretch mark to be treated, and since when is it there?"),
    Question(
        "chemotherapy",
        "Chemotherapy, radiotherapy or high-dose steroids: when does it begin, when does it end?",
        "period",
        {"had": False},
    ),
    _flag("immune_therapy", "Are you on a therapy that dampens the immune system?"),
    _last("vaccination", "Have you had, or will you have, a vaccination?"),
    _last("illness", "Were you ill in the last weeks?"),
    _flag("makeup", "Are you wearing make-up?"),
    _last("other_facial_treatment", "Have you had another facial treatment?"),
    _flag("skin_infection", "Is there an infection in the area?"),
    _flag("cold_sore_now", "Do you have a cold sore now?"),
    _flag("cold_sores_history", "Have you ever had cold sores?"),
    _choice(
        "cold_sores_decision",
        "What did the prescriber decide on antiviral protection?",
        *("not_needed", "prescribed", "undecided"),
        only_if=("cold_sores_history", (True, None)),
    ),
    _last(
        "cold_sores_started",
        "When did you begin the antiviral protection?",
        only_if=("cold_sores_decision", ("prescribed",)),
    ),
    _flag("active_acne", "Is there active acne in the area?"),
    _flag("open_wound", "Is there an open wound, a sore or irritated skin in the area?"),
    _flag("skin_cancer", "Is there skin cancer in the area?"),
    _flag("actinic_keratosis", "Is there actinic keratosis in the area?"),
    _flag("keloid", "Do you get keloid scars?"),
    _flag("scleroderma", "Do you have scleroderma or a collagen vascular disease?"),
    _flag("pregnant_or_breastfeeding", "Are you pregnant or breastfeeding?"),
    _flag("clotting_disorder", "Do you have haemophilia or another clotting disorder?"),
    _choice("diabetes", "Do you have diabetes?", "no", "controlled", "unregulated"),
    _flag("immune_deficiency", "Do you have a weakened immune system, HIV or hepatitis?"),
    _flag("rash_now", "Is there eczema, psoriasis or a rash in the area?"),
    _flag("eczema_history", "Have you ever had eczema or psoriasis?"),
    _choice("rosacea", "Do you have rosacea?", "no", "stable", "flare"),
    _last(
        "rosacea_last_flare",
        "When did the last flare end?",
        only_if=("rosacea", ("stable",)),
    ),
    _flag("metal_allergy", "Are you allergic to steel or metal?"),
    _flag("nickel_allergy", "Are you allergic to nickel?"),
    _flag("anaesthetic_allergy", "Are you allergic to local anaesthetics?"),
    _flag(
        "anaesthetic_risk",
        "Liver disease, methaemoglobinaemia, PABA or sulphonamide allergy, heart-rhythm medicine?",
    ),
    _flag("allergy_povidone_iodine", "Are you allergic to povidone-iodine?"),
    _flag("allergy_chlorhexidine", "Are you allergic to chlorhexidine?"),
    _flag("allergy_glide", "Are you allergic to a gel or serum?"),
    _flag("mole_or_wart", "Is there a raised mole or a wart in the area?"),
    Question(
        "tattooed_zones", "In which zones is there a tattoo or permanent make-up?", "zones", []
    ),
    _flag("feeling_ill", "Do you have a fever or feel ill?"),
    _flag("heart_condition", "Do you have a heart condition or a pacemaker?"),
    _flag("epilepsy", "Do you have epilepsy?"),
    _choice("skin_type", "Skin type (Fitzpatrick)?", "I", "II", "III", "IV", "V", "VI"),
    _flag("swelling_or_bruise", "Is there swelling or a bruise in the area?"),
    _flag("poor_healing", "Do your wounds heal poorly?"),
    _flag("decides_freely", "Have you decided freely and with time to think?", clear=True),
)
BY_ID: Mapping[str, Question] = {question.id: question for question in QUESTIONS}


def asked(question: Question, answers: Mapping[str, Any]) -> bool:
    """Say whether a question is asked after these answers."""
    if question.only_if is None:
        return True
    before, values = question.only_if
    return asked(BY_ID[before], answers) and answers.get(before) in values


def clear_answers() -> dict[str, Any]:
    """Return answers of a client about whom no rule has anything to say."""
    return {q.id: q.clear_answer for q in QUESTIONS if q.only_if is None}
