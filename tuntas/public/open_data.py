"""Open data for programs: files of an office's released results, their dictionary, and a feed."""

from __future__ import annotations

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from tuntas.models import Office
from tuntas.models.releases import LEAST_RELEASED, released
from tuntas.public.chooser import no_office
from tuntas.public.door import kept, page, problem, public, source
from tuntas.replica import may_be_old
from tuntas.report import open_data
from tuntas.report.feed import CONTENT_TYPE, atom

KEPT_SECONDS = 3600
JSON, CSV = "application/json; charset=utf-8", "text/csv; charset=utf-8; header=present"
FILE_NAMES = ("results.csv", "elements.csv", "results.json", "datapackage.json")


@public
@may_be_old
def data_page(request: HttpRequest, address: str) -> HttpResponse:
    """What can be had, and what each column says."""
    offices = Office.at(address)
    if len(offices) != 1:
        return no_office(request, offices, "office-data")
    office = offices[0]
    context = {
        "office": office,
        "address": office.address,
        "css_results": source("results.css"),
        "files": FILE_NAMES,
        "tables": open_data.FILES.items(),
        "elements": open_data.element_codes(),
        "licence": open_data.licence_of(office),
        "least": LEAST_RELEASED,
        "api": f"{settings.PUBLIC_URL}/api/v1/offices/{office.address}/results",
    }
    return kept(request, page(request, "data", context), KEPT_SECONDS)


@public
@may_be_old
def data_file(request: HttpRequest, address: str, name: str) -> HttpResponse:
    offices = Office.at(address)
    if len(offices) != 1 or name not in FILE_NAMES:
        return problem(
            request,
            404,
            _("Berkas tidak ditemukan"),
            _("Periksa alamatnya; daftar berkas ada di halaman data kantor."),
        )
    with translation.override(settings.LANGUAGE_CODE):  # a file speaks one language
        text = content_of(offices[0], name)
    kind = CSV if name.endswith(".csv") else JSON
    response = kept(request, HttpResponse(text, content_type=kind), KEPT_SECONDS)
    response["Access-Control-Allow-Origin"] = "*"  # open data is for the pages of other sites too
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def content_of(office: Office, name: str) -> str:
    if name == "datapackage.json":
        return as_json(open_data.data_package(office))
    rows = open_data.records(office)
    if name == "results.json":
        return as_json(open_data.document(office, rows))
    return open_data.results_csv(rows) if name == "results.csv" else open_data.elements_csv(rows)


def as_json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1)


@public
@may_be_old
def office_feed(request: HttpRequest, address: str) -> HttpResponse:
    """News of the released months for feed readers, in Indonesian."""
    offices = Office.at(address)
    if len(offices) != 1:
        return problem(
            request, 404, _("Kantor tidak ditemukan"), _("Periksa alamat umpan beritanya.")
        )
    with translation.override(settings.LANGUAGE_CODE):
        text = atom(offices[0], released(offices[0]))
    response = kept(request, HttpResponse(text, content_type=CONTENT_TYPE), KEPT_SECONDS)
    response["Access-Control-Allow-Origin"] = "*"
    return response
