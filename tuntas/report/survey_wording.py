"""The wording of the result report; `narrative` fills and checks it like that of any other."""

from __future__ import annotations

PLACEHOLDERS = {
    "kantor": "nama kantor",
    "lingkup": "unit dan kantor, atau kantor saja bila laporan untuk seluruh kantor",
    "periode": "bulan pertama sampai bulan terakhir, misalnya Januari–Juni 2023",
    "nama_periode": "nama periode, misalnya TW I 2023",
    "tahun": "tahun periode",
    "kanal": "kanal pengisian kuesioner yang dipakai",
    "jumlah_responden": "jumlah kuesioner yang diolah",
    "ikm": "nilai IKM periode, dua desimal",
    "mutu": "huruf mutu pelayanan",
    "kinerja": "kinerja unit pelayanan, misalnya Baik",
    "unsur_terendah": "tiga unsur dengan nilai terendah",
    "unsur_tertinggi": "tiga unsur dengan nilai tertinggi",
    "kalimat_hasil": "kalimat tentang nilai, mutu, dan jumlah responden, dihitung",
    "kalimat_unsur": "kalimat tentang unsur terendah dan tertinggi, dihitung",
    "kalimat_sampel": "kalimat tentang jumlah responden terhadap sampel minimum, dihitung",
    "kalimat_saran": "kalimat tentang saran yang diterima dan dijawab, dihitung",
    "kalimat_rencana": "kalimat tentang rencana aksi yang ditindaklanjuti dan selesai, dihitung",
    "kalimat_tren": "kalimat tentang perubahan terhadap periode sebelumnya, dihitung",
}

SECTIONS = {
    "ringkasan": "Ringkasan Eksekutif",
    "latar_belakang": "Latar Belakang",
    "dasar_hukum": "Dasar Pelaksanaan SKM",
    "tujuan": "Maksud dan Tujuan",
    "pelaksana": "Pelaksana SKM",
    "metode": "Metode Pengumpulan Data",
    "lokasi": "Lokasi Pengumpulan Data",
    "waktu": "Waktu Pelaksanaan",
    "sampel": "Penentuan Jumlah Responden",
    "responden": "Jumlah Responden",
    "indeks": "Indeks Kepuasan Masyarakat",
    "analisis": "Analisis Permasalahan, Kelemahan, dan Kelebihan",
    "saran": "Saran dan Masukan",
    "rencana": "Rencana Tindak Lanjut",
    "tren": "Tren Nilai SKM",
    "sebelumnya": "Tindak Lanjut Periode Sebelumnya",
    "kesimpulan": "Kesimpulan",
}

DEFAULTS = {
    "ringkasan": """\
{kalimat_hasil}

{kalimat_unsur}

{kalimat_tren}

{kalimat_saran} {kalimat_rencana}""",
    "latar_belakang": """\
Pelayanan publik yang baik mendengarkan penerimanya. Survei Kepuasan Masyarakat (SKM) memberi \
ukuran yang dapat diperiksa atas pelayanan {lingkup}, menunjukkan unsur yang perlu diperbaiki, dan \
menjadi dasar rencana tindak lanjut.

Laporan ini menyajikan hasil SKM {lingkup} untuk {periode}. Semua angka dihitung dari jawaban yang \
tersimpan; nilai yang belum final atau berasal dari terbitan lama diberi tanda.""",
    "dasar_hukum": """\
1. Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik.
2. Peraturan Pemerintah Nomor 96 Tahun 2012 tentang Pelaksanaan Undang-Undang Nomor 25 Tahun 2009 \
tentang Pelayanan Publik.
3. Peraturan Menteri Pendayagunaan Aparatur Negara dan Reformasi Birokrasi Nomor 14 Tahun 2017 \
tentang Pedoman Penyusunan Survei Kepuasan Masyarakat Unit Penyelenggara Pelayanan Publik.""",
    "tujuan": """\
1. Mengetahui tingkat kepuasan masyarakat atas pelayanan {lingkup}.
2. Mengetahui kelemahan dan kelebihan setiap unsur pelayanan.
3. Menjadi dasar perbaikan pelayanan dan ukuran hasil perbaikan itu.""",
    "pelaksana": """\
SKM dilaksanakan oleh tim survei {kantor}. Petugas unit menjawab saran dan menjalankan rencana aksi; \
penutupan bulan dan pengeluaran jawaban dari indeks dicatat beserta nama dan alasannya.""",
    "metode": """\
Data dikumpulkan dengan kuesioner yang diisi sendiri oleh penerima layanan setelah memperoleh \
pelayanan, melalui {kanal}. Setiap pertanyaan dijawab pada skala 1 sampai 4. Nilai rata-rata (NRR) \
setiap unsur dikalikan bobotnya; jumlahnya dikalikan 25 menjadi nilai Indeks Kepuasan Masyarakat \
(IKM) antara 25 dan 100.""",
    "lokasi": """\
Kuesioner dapat diisi di tempat pelayanan {lingkup} dan dari mana saja melalui tautan survei. \
Identitas pengisi tidak dikumpulkan.""",
    "waktu": """\
Pengisian dibuka sepanjang waktu; hasilnya dihitung setiap bulan dan dilaporkan untuk {periode}.""",
    "sampel": """\
Jumlah responden minimum ditentukan dari populasi penerima layanan setahun dengan tabel Krejcie dan \
Morgan. {kalimat_sampel}""",
    "responden": """\
Kuesioner yang diolah berjumlah {jumlah_responden}.""",
    "indeks": """\
{kalimat_hasil}""",
    "analisis": """\
{kalimat_unsur} Unsur dengan nilai terendah didahulukan dalam perbaikan; unsur dengan nilai yang \
sama diurutkan menurut urutan unsur dalam PermenPANRB 14/2017.""",
    "saran": """\
{kalimat_saran} Saran dimuat sebagaimana ditulis, tanpa identitas; alamat surel dan nomor panjang \
disamarkan.""",
    "rencana": """\
{kalimat_rencana}""",
    "tren": """\
{kalimat_tren}""",
    "sebelumnya": """\
Rencana tindak lanjut atas survei sebelum {periode} dan perkembangannya adalah sebagai berikut.""",
    "kesimpulan": """\
{kalimat_hasil} {kalimat_unsur}

{kalimat_rencana} SKM di {lingkup} akan terus dilaksanakan sebagai dasar peningkatan pelayanan.""",
}
