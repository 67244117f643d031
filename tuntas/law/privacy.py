"""Protection of personal data: the articles referred to, and the notice every office begins with."""

from __future__ import annotations

from datetime import date

from tuntas.law.citation import Citation

PDP = "UU Nomor 27 Tahun 2022"
# Promulgated and in force on 17 October 2022 (Article 76).
PDP_IN_FORCE = date(2022, 10, 17)


def pdp(place: str) -> Citation:
    return Citation(PDP, place, PDP_IN_FORCE)


# What has to be told beforehand, and that all processing has to be on record.
NOTICE_RULE = pdp("Pasal 5 dan Pasal 21")
RECORD_RULE = pdp("Pasal 31")
COPY_RULE = pdp("Pasal 7")
ERASE_RULE = pdp("Pasal 8 dan Pasal 43")
RETENTION_RULE = pdp("Pasal 16 ayat (2) huruf g")

# A line that begins with "# " is a heading; an empty line ends a paragraph. {kantor} is the office.
DEFAULT_NOTICE = {
    "id": """\
# Siapa yang bertanggung jawab
{kantor} menyelenggarakan survei ini dan bertanggung jawab atas datanya, menurut UU Nomor 27 Tahun \
2022 tentang Pelindungan Data Pribadi. Survei Kepuasan Masyarakat diwajibkan oleh PermenPANRB Nomor \
14 Tahun 2017.

# Apa yang dicatat
Jawaban Anda, layanan yang dinilai, waktu pengiriman, dan cara Anda membuka survei. Jenis kelamin, \
kelompok umur, pendidikan, dan pekerjaan hanya bila Anda mengisinya.

Nama, NIK, nomor telepon, alamat jaringan, dan perangkat Anda tidak dicatat. Halaman survei tidak \
memasang kuki dan tidak menghubungi situs lain.

# Saran Anda
Saran disimpan terpisah dari penilaian, tanpa hubungan di antara keduanya. Petugas kantor ini \
membacanya untuk menjawab. Jangan menulis nama atau nomor siapa pun.

# Alamat surel
Hanya bila Anda memberikannya di halaman percakapan, dengan persetujuan, untuk memberi tahu bahwa \
ada jawaban. Alamat itu disimpan terpisah dan dapat Anda hapus kapan saja.

# Siapa yang menerima
Hasil survei diterbitkan sebagai angka gabungan. Tulisan Anda tidak diterbitkan oleh kantor tanpa \
diringkas lebih dahulu, dan tidak diserahkan kepada pihak lain di luar pemerintah.

# Hak Anda
Dengan kode pelacakan, Anda dapat membaca percakapan, mengunduh semua yang tersimpan tentangnya, dan \
menghapus tulisan Anda, tanpa alasan dan tanpa menyebut nama. Jawaban survei tidak dapat dicari \
kembali karena tidak terhubung dengan siapa pun.
""",
    "en": """\
# Who is responsible
{kantor} runs this survey and is responsible for its data under Law 27 of 2022 on Personal Data \
Protection. The survey itself is required by Regulation 14 of 2017 of the Minister of State \
Apparatus.

# What is kept
Your answers, the service you rated, when you sent them and how you opened the survey. Sex, age \
group, education and occupation only if you fill them in.

Your name, identity number, telephone number, network address and device are not kept. The survey \
page sets no cookie and contacts no other site.

# Your suggestion
A suggestion is kept apart from the ratings, with no link between the two. Staff of this office read \
it in order to answer. Please do not write anybody's name or number.

# E-mail address
Only if you give it on the page of your conversation, with consent, to be told that there is an \
answer. It is kept apart and you can erase it at any time.

# Who receives it
Results are published as combined figures. The office does not publish what you wrote without \
summarising it first, and does not hand it to anyone outside the government.

# Your rights
With your tracking code you can read the conversation, download everything kept about it and erase \
what you wrote, without a reason and without a name. Survey answers cannot be found again because \
they are linked to nobody.
""",
    "ban": """\
# Sira sane tanggung jawab
{kantor} ngamargiang survei puniki tur tanggung jawab ring datanyane, manut UU Nomor 27 Tahun 2022 \
indik Pelindungan Data Pribadi. Survei puniki kawajibang olih PermenPANRB Nomor 14 Tahun 2017.

# Napi sane kacatet
Pasaur ragane, layanan sane kanilai, galah ngirim, miwah carane ngungkab survei. Jenis kelamin, \
umur, pendidikan, miwah pakaryan wantah yening kadagingin.

Wasta, NIK, nomor telepon, alamat jaringan, miwah piranti ragane nenten kacatet. Kaca survei nenten \
masang kuki tur nenten ngubungin situs lianan.

# Pitewara ragane
Pitewara kasimpen kapasahang saking penilaian, tanpa hubungan. Petugas kantor ngwacen mangda prasida \
nyawis. Sampunang nyurat wasta utawi nomor sapasira ugi.

# Alamat surel
Wantah yening kaicen ring kaca babaosan, antuk pasadokan, mangda kauningin yening sampun wenten \
pasaur. Alamat punika kasimpen kapasahang tur dados kausap sabilang galah.

# Sira sane nerima
Pikolih survei kaunggahang dados angka gabungan. Seratan ragane nenten kaunggahang sadurung \
karingkes, tur nenten kaicen ring anak lian ring jaban pamerintah.

# Hak ragane
Antuk kode pelacakan, ragane prasida ngwacen babaosan, ngunduh samian sane kasimpen, miwah ngusap \
seratan ragane, tanpa alasan tur tanpa wasta. Pasaur survei nenten prasida karereh malih santukan \
nenten magubung ring sapasira ugi.
""",
}
