"""The words by which media contacts are recognised, in the languages of press offices."""

from __future__ import annotations

import re

# What opens a contact block. It counts only where an address or a number follows at once.
INTRO = re.compile(
    r"for (?:more|further|additional|any|all|media|press|interview|general|high[- ]res)\w*\b"
    r"|to (?:arrange|request|set up|schedule) (?:an )?interviews?\b"
    r"|(?:media|press|news|communications?) (?:contacts?|enquir\w+|inquir\w+|quer\w+|office\b|relations|liaison|team|desk)\b"
    r"|contacts?(?: (?:persons?|details|information|us|for (?:the )?(?:media|press)))?\b[ \u00a0]?(?::|$)"
    r"|please (?:contact|call|write|e-?mail|get in touch)|note to (?:the )?media\b.{0,40}contact"
    r"|pour (?:plus|de plus|davantage|tout|toute|obtenir|en savoir|d'autres|des (?:informations|renseignements|demandes))\b"
    r"|contacts?[ \u00a0]?(?:presse|m[ée]dias?|pour (?:la presse|les m[ée]dias))|service (?:de )?presse"
    r"|relations? (?:avec les |aux )?(?:presse|m[ée]dias?)|(?:veuillez|merci de|pri[èe]re de) (?:contacter|vous adresser)"
    r"|demandes? (?:des m[ée]dias|d'interview|de renseignements)|contactez\b"
    r"|para (?:obtener|mayor|m[áa]s|cualquier|solicit|consultas|entrevistas|ampliar)\w*\b"
    r"|contactos?(?: (?:de|para|con)(?: la| los)? (?:prensa|medios))?\b[ \u00a0]?(?::|$)|oficina de prensa"
    r"|(?:favor|s[íi]rvase|p[óo]ngase en) (?:de )?contact|para mais informa|informazioni"
    r"|للمزيد|لمزيد|للحصول على|لمعرفة المزيد|للاستفسار|للتواصل|للاتصال|جهات? الاتصال|يرجى (?:الاتصال|التواصل)|الاتصال الإعلامي"
    r"|(?:за )?дополнительн\w+ информаци|за (?:подробн|более)\w*|контакт\w*|пресс-служб\w*|для получения|по вопросам"
    r"|如需|欲了解|(?:更多|详细)(?:信息|资料|详情)|媒体(?:联系|垂询|查询|联络)|联系(?:人|方式|我们)|请(?:联系|联络)|新闻联络",
    re.IGNORECASE,
)
# The end of such an opening: what follows names the person.
INTRO_END = re.compile(
    r"\b(?:contact(?:er|ez|ar|arse|e|en)?(?: (?:with|con|avec|a))?|adresser (?:à|au|aux)|reach(?: out to)?|call"
    r"|write to|(?:get in|in) touch with|comun[íi]quese con|dirigirse a|escribir a|joindre|contact with)\b[ \u00a0]?:?"
    r"|(?:الاتصال|التواصل)(?: (?:بـ?|مع|على))?[ \u00a0]?:?|(?:обращайтесь|обращаться|связаться|свяжитесь)(?: (?:к|с|в))?"
    r"|(?:联系|联络|垂询)(?:人|方式)?|[:：]",
    re.IGNORECASE,
)
# Openings that are an office's name themselves: they stay as the contact's role.
OFFICE_INTRO = re.compile(
    r"(?:press|media|news|communications?) (?:office|team|desk|unit|section)\b|service (?:de )?presse|oficina de prensa"
    r"|пресс-служб\w*",
    re.IGNORECASE,
)
LABEL = re.compile(
    r"(?<![\w@])(?P<fax>fax|t[ée]l[ée]copie|факс|فاكس|传真)\.?[ \u00a0]?[:：]?"
    r"|(?<![\w@])(?:t[ée]l(?:[ée]phone|[ée]fono)?|tfno|phone|ph|mob(?:ile)?|cell(?:ulaire|ular|phone)?|m[óo]vil|portable|gsm"
    r"|whatsapp(?: ?/ ?signal)?|e-?mails?|correo(?: electr[óo]nico)?|courriel|mail|adresse (?:[ée]lectronique|e-?mail)"
    r"|тел(?:ефон)?|моб|эл\. ?(?:почта|адрес)|электронная почта|(?:ال)?هاتف|(?:ال)?محمول|(?:ال)?جوال|(?:ال)?بريد"
    r" (?:ال)?[إا]لكتروني|[إا]يميل|电话|手机|邮箱|电子邮件|电邮)(?![\w@])(?:[ \u00a0]?\([a-z]{1,8}\))?[ \u00a0]?[.]?[ \u00a0]?[:：]?"
    r"|(?<![\w@])[TMEPFC][.]?[ \u00a0]?[:：](?=[ \u00a0]?[+\d(\w])",
    re.IGNORECASE,
)
# Words that a person's name does not have: organisations, offices, functions.
OFFICES = frozenset(
    "office bureau oficina unit unite unidad headquarters hq siege sede regional mission mision secretariat secretaria"
    " department departement departamento division press presse prensa media medias medios communication communications"
    " comunicacion comunicaciones information informacion spokesperson spokesman spokeswoman porte parole portavoz vocero"
    " vocera officer officier oficial charge chargee director directeur directrice directora manager coordinator"
    " coordonnateur coordonnatrice coordinador coordinadora specialist specialiste especialista head chief chef jefe jefa"
    " senior deputy adjoint adjointe consultant assistant responsable encargado encargada un onu united nations naciones"
    " unidas unies ministry ministere ministerio agency agence agencia organization organisation organizacion network"
    " reseau red team equipe equipo service servicio desk newsroom programme program programa global public affairs"
    " relations outreach advocacy digital editor editorial correspondent delegate delegation fund foundation fondation"
    " university institute institut council conseil committee comite commission federation society group liaison"
    " telephone tel email phone mobile east west north south africa europe asia america"
    " пресс секретарь служба офис отдел представитель مكتب المكتب المتحدث الناطق مسؤول مسؤولة منظمة المنظمة قسم وحدة"
    " 办公室 发言人 新闻 官员 媒体".split()
)
TITLES = frozenset(
    "spokesperson spokesman spokeswoman porte-parole portavoz vocero vocera officer director directeur directrice manager"
    " coordinator coordonnateur coordinador specialist head chief chef jefe jefa responsable chargé chargée consultant"
    " assistant oficial encargado encargada editor".split()
)
HONORIFICS = frozenset("mr mrs ms mx dr prof m mme mlle sr sra srta don doña г-н г-жа السيد السيدة د".split())
PARTICLES = frozenset(
    "de da do dos das del della di la le van von der den ter bin ibn bint al el y e abu ould".split()
)
