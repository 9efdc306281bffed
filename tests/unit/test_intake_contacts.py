"""Media contacts in the shapes in which press sites leave them."""

from __future__ import annotations

import pytest

from pressfeed.intake import contacts, people
from tests.unit.intake_room import read_one

Row = tuple[str, str, str, str]


def found(text: str, language: str = "en") -> list[Row]:
    lines = text.split("\n")
    return [
        (one.name, one.role, one.phone, one.email)
        for block in contacts.blocks(lines)
        for one in people.read(lines[block.start : block.stop], language)
    ]


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        (
            "fr",
            "Pour plus d’informations, veuillez contacter Léon Doyle à l’AMF Genève, Tel : +41 22 555 01 89,"
            " Email : ldoyle@amf.example",
            [("Léon Doyle", "AMF Genève", "+41 22 555 01 89", "ldoyle@amf.example")],
        ),
        (
            "en",
            "For more information, please contact Joel Mill at"
            " WRA HQ, Tel: +41 79 555 01 20, Email: jm@wra.example"
            " or Safa Amin, Tel: +41 79 555 01 26, Email: sa@wra.example",
            [
                ("Joel Mill", "WRA HQ", "+41 79 555 01 20", "jm@wra.example"),
                ("Safa Amin", "", "+41 79 555 01 26", "sa@wra.example"),
            ],
        ),
        (
            "en",
            "For further information please contact:\nJemima"
            " Pande\nWRA Geneva\nTel: + 41 22 555 01 86 / + 41 79 555"
            ' 01 74\nE-mail:\n"mailto:jp@wra.example">jp@wra.example',
            [("Jemima Pande", "WRA Geneva", "+ 41 22 555 01 86, + 41 79 555 01 74", "jp@wra.example")],
        ),
        (
            "en",
            "Media contacts:\nIn Geneva: Jane Q. Doe, Tel: +41 22 000 00 00, Email: jane@wra.example\n"
            "In Nairobi: John Roe, Tel. +254 20 000 0000, john(at)wra.example",
            [
                ("Jane Q. Doe", "Geneva", "+41 22 000 00 00", "jane@wra.example"),
                ("John Roe", "Nairobi", "+254 20 000 0000", "john@wra.example"),
            ],
        ),
        (
            "fr",
            "Contacts presse\nMme Aïcha Diallo, chargée de communication, AMF Dakar, ad@amf.example,"
            " Tél. (+221) 33 555 01 00 / 77 555 01 00\nM. Jean-Pierre Dupont : jpd@amf.example",
            [
                (
                    "Mme Aïcha Diallo",
                    "chargée de communication, AMF Dakar",
                    "(+221) 33 555 01 00 / 77 555 01 00",
                    "ad@amf.example",
                ),
                ("M. Jean-Pierre Dupont", "", "", "jpd@amf.example"),
            ],
        ),
        (
            "fr",
            "Pour plus d'informations, veuillez contacter :\nL'AMF"
            " en Afrique de l'Ouest: Joëlle Furet, jf@amf.example\n"
            "Pour plus d'informations sur le Pacte, veuillez contacter:\n"
            "Secrétariat du Réseau : Florence Kimura, fk@amf.example",
            [
                ("Joëlle Furet", "AMF en Afrique de l'Ouest", "", "jf@amf.example"),
                ("Florence Kimura", "Secrétariat du Réseau", "", "fk@amf.example"),
            ],
        ),
        (
            "es",
            "Para más información, por favor contactar a:\nJuan Pérez, AMR Bogotá, Tel.: +57 1 555 0174\n"
            'María de la Cruz (Quito), <a href="mailto:mc@amr.example">mc@amr.example</a>',
            [
                ("Juan Pérez", "AMR Bogotá", "+57 1 555 0174", ""),
                ("María de la Cruz", "Quito", "", "mc@amr.example"),
            ],
        ),
        ("en", "Press office: press@wra.example", [("", "Press office", "", "press@wra.example")]),
        (
            "en",
            "Media contacts: Safa Amin, Spokesperson, +41 79 555"
            " 01 00, sa@wra.example; Dina Petit, Press Officer,"
            " dp@wra.example",
            [
                ("Safa Amin", "Spokesperson", "+41 79 555 01 00", "sa@wra.example"),
                ("Dina Petit", "Press Officer", "", "dp@wra.example"),
            ],
        ),
        (
            "en",
            "For more information please contact the Agency's spokesperson Paul Dill at pd@wra.example.",
            [("Paul Dill", "Agency's spokesperson", "", "pd@wra.example")],
        ),
        (
            "en",
            "Contact:\nJane Doe [jane@wra.example](mailto:jane@wra.example)\nTel/WhatsApp:"
            " +221 33 555 01 00\nFax: +221 1",
            [("Jane Doe", "", "+221 33 555 01 00", "jane@wra.example")],
        ),
        (
            "en",
            "For more information, please visit www.wra.example or contact media@wra.example.",
            [("", "", "", "media@wra.example")],
        ),
        (
            "ar",
            "للمزيد من المعلومات، يرجى الاتصال بـ:\nسارة أحمد،"
            " مكتب القاهرة، هاتف: +20 2 0000 0000، sara@wra.example",
            [("سارة أحمد", "مكتب القاهرة", "+20 2 0000 0000", "sara@wra.example")],
        ),
        (
            "zh",
            "如需更多信息，请联系：王小明，电话：+86 10 0000 0000，电子邮件：wang@wra.example",
            [("王小明", "", "+86 10 0000 0000", "wang@wra.example")],
        ),
    ],
)
def test_contacts_are_read(language: str, text: str, wanted: list[Row]) -> None:
    assert found(text, language) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "For more information on the compact, see the report.\nIt has 61 pages.",
        "The office can be called. Its number is not for the"
        " press, said the minister, who has an office as well.",
        "They met in 2020-2021 and again on 12/03/2024.",
    ],
)
def test_text_is_no_contact(text: str) -> None:
    assert found(text) == []


def test_a_contact_block_leaves_the_body_and_the_text_after_it_stays() -> None:
    reading = read_one(
        "A headline of more than five words\nThe river rose"
        " by four metres in one single night of rain.\n***\n"
        "For more information, please contact:\nJane Doe, jane@wra.example\n"
        "About the Agency: it has measured rivers for the benefit of all since the year 1931.\n"
    )
    assert "jane" not in reading.content.body_text
    assert reading.content.body_text.endswith("since the year 1931.")
    assert [one.name for one in reading.content.contacts] == ["Jane Doe"]


def test_a_person_named_twice_is_one_contact() -> None:
    assert len(found("Contact: Jane Doe, j@wra.example\nContact: Jane Doe, j@wra.example")) == 1


@pytest.mark.parametrize(
    "name", ["Mary Poole", "Joëlle Furet", "Jean-Pierre O'Neill", "María de la Cruz", "آمنة خالد"]
)
def test_names_of_persons(name: str) -> None:
    assert people.is_person(name, "en")


@pytest.mark.parametrize(
    "text", ["Buenos Aires", "WRA Geneva", "Press Office", "the spokesperson", "Jane", "Unit 7"]
)
def test_what_is_no_persons_name(text: str) -> None:
    assert not people.is_person(text, "en")
