//! The positions of bits, written down by hand a second time and in another way: by quadword, as people note them.
//!
//! A field is `name bits`, `high:low` or one bit; `@` before an address that stays in place; `+` between parts, the high
//! one first; `= n` after a field with one value alone. `|` begins the next quadword. Bits above 63 count on.

/// From the notes the unit is built from: every layout they have.
pub(crate) const NOTED: &[(&str, &str)] = &[
    ("context_entry", "p 0, fpd 1, dte 2, paside 3, pre 4, pdts 11:9, dirptr @63:12, rid_pasid 83:64, rid_priv 84"),
    ("pasid_dir_entry", "p 0, fpd 1, tblptr @63:12"),
    (
        "pasid_entry",
        "p 0, fpd 1, aw 4:2, pgtt 8:6, ssade 9, ssptr @63:12, did 79:64, pwsnp 87, pgsnp 88, cd 89, emte 90, emt 93:91, \
         pwt 94, pcd 95, pat 127:96, sre 128, fspm 131:130, wpe 132, eafe 135, fsptr @191:140",
    ),
    ("inv_context_cache", "type 11:9+3:0 = 1, g 5:4, did 31:16, sid 47:32, fm 49:48"),
    ("inv_iotlb", "type 11:9+3:0 = 2, g 5:4, dw 6, dr 7, did 31:16 | am 5:0, ih 6, addr @63:12"),
    ("inv_device_tlb", "type 11:9+3:0 = 3, pfsid 63:52+15:12, qdep 20:16, sid 47:32 | s 0, addr @63:12"),
    ("inv_wait", "type 11:9+3:0 = 5, if 4, sw 5, fn 6, pd 7, status_data 63:32 | status_addr @63:2"),
    ("inv_pasid_iotlb", "type 11:9+3:0 = 6, g 5:4, did 31:16, pasid 51:32 | am 5:0, ih 6, addr @63:12"),
    ("inv_pasid_cache", "type 11:9+3:0 = 7, g 5:4, did 31:16, pasid 51:32"),
    (
        "inv_pasid_device_tlb",
        "type 11:9+3:0 = 8, qdep 8:4, pfsid 63:52+15:12, sid 31:16, pasid 51:32 | g 0, s 11, addr @63:12",
    ),
    (
        "page_group_response",
        "type 11:9+3:0 = 9, pp 4, pdp 5, code 15:12, rid 31:16, pasid 51:32 | lpig 2, prgi 11:3 \
         | private_0 63:0 | private_1 63:0",
    ),
    (
        "page_request",
        "type 7:0 = 1, pp 8, pdp 9, rid 31:16, pasid 51:32, exe 52, priv 53 | rd 0, wr 1, lpig 2, prgi 11:3, addr @63:12 \
         | private_0 63:0 | private_1 63:0",
    ),
    ("first_stage_entry", "p 0, rw 1, us 2, a 5, d 6, ps 7, ea 10, addr @51:12, xd 63"),
    ("second_stage_entry", "r 0, w 1, ps 7, a 8, d 9, snp 11, addr @51:12"),
    ("cap", "fl5lp 60, fl1gp 56, mamv 53:48, nfr 47:40, psi 39, sslps 37:34, fro 33:24, mgaw 21:16, sagaw 12:8, cm 7"),
    (
        "ecap",
        "smpwc 48, flts 47, slts 46, smts 43, pasid 40, pss 39:35, eafs 34, srs 31, ers 30, prs 29, nest 26, mts 25, dt 2, \
         qi 1, c 0",
    ),
];

/// From the architecture specification as people remember it: what the notes leave out.
pub(crate) const REMEMBERED: &[(&str, &str)] = &[
    ("root_entry", "lp 0, lctp @63:12 | up 0, uctp @63:12"),
    ("pasid_entry", "ere 129"),
    ("first_stage_entry", "pwt 3, pcd 4"),
    ("inv_descriptor", "type 11:9+3:0"),
    ("fault_record", "fi @63:12 | sid 15:0, t2 28, priv 29, exe 30, pp 31, fr 39:32, pv 59:40, at 61:60, t 62, f 63"),
    ("cap", "nd 2:0, afl 3, rwbf 4, plmr 5, phmr 6, zlr 22, dwd 54, drd 55, pi 59, esirtps 62, esrtps 63"),
    ("ecap", "ir 3, eim 4, pt 6, sc 7, iro 17:8, mhmv 23:20, nwfs 33, dit 41, pds 42, vcs 44, slads 45, rps 49"),
    ("ver", "min 3:0, max 7:4"),
    ("gcmd", "cfi 23, sirtp 24, ire 25, qie 26, wbf 27, eafl 28, sfl 29, srtp 30, te 31"),
    ("gsts", "cfis 23, irtps 24, ires 25, qies 26, wbfs 27, afls 28, fls 29, rtps 30, tes 31"),
    ("rtaddr", "ttm 11:10, rta @63:12"),
    ("fsts", "pfo 0, ppf 1, afo 2, apf 3, iqe 4, ice 5, ite 6, pro 7, fri 15:8"),
    ("fectl", "ip 30, im 31"),
    ("iqh", "qh 18:4"),
    ("iqt", "qt 18:4"),
    ("iqa", "qs 2:0, dw 11, iqa @63:12"),
    ("ics", "iwc 0"),
    ("iectl", "ip 30, im 31"),
    ("iqercd", "iqei 3:0, itesid 47:32, icesid 63:48"),
    ("pqh", "pqh 18:5"),
    ("pqt", "pqt 18:5"),
    ("pqa", "pqs 2:0, pqa @63:12"),
    ("prs", "ppr 0, pro 1"),
    ("pectl", "ip 30, im 31"),
];

/// Registers: offset and width in bits.
pub(crate) const REGISTERS: &[(&str, u32, u32)] = &[
    ("ver", 0x00, 32),
    ("cap", 0x08, 64),
    ("ecap", 0x10, 64),
    ("gcmd", 0x18, 32),
    ("gsts", 0x1c, 32),
    ("rtaddr", 0x20, 64),
    ("fsts", 0x34, 32),
    ("fectl", 0x38, 32),
    ("iqh", 0x80, 64),
    ("iqt", 0x88, 64),
    ("iqa", 0x90, 64),
    ("ics", 0x9c, 32),
    ("iectl", 0xa0, 32),
    ("iqercd", 0xb0, 64),
    ("pqh", 0xc0, 64),
    ("pqt", 0xc8, 64),
    ("pqa", 0xd0, 64),
    ("prs", 0xdc, 32),
    ("pectl", 0xe0, 32),
];

/// Bytes in memory of entries and descriptors.
pub(crate) const BYTES: &[(&str, u32)] = &[
    ("root_entry", 16),
    ("context_entry", 32),
    ("pasid_dir_entry", 8),
    ("pasid_entry", 64),
    ("first_stage_entry", 8),
    ("second_stage_entry", 8),
    ("inv_descriptor", 16),
    ("inv_context_cache", 16),
    ("inv_iotlb", 16),
    ("inv_device_tlb", 16),
    ("inv_wait", 16),
    ("inv_pasid_iotlb", 16),
    ("inv_pasid_cache", 16),
    ("inv_pasid_device_tlb", 16),
    ("page_group_response", 32),
    ("page_request", 32),
    ("fault_record", 16),
];

/// Values of enums.
pub(crate) const VALUES: &[(&str, &[(&str, i64)])] = &[
    ("pasid_entry_aw", &[("BITS_39", 1), ("BITS_48", 2), ("BITS_57", 3)]),
    ("pasid_entry_pgtt", &[("FIRST_STAGE", 1), ("SECOND_STAGE", 2), ("NESTED", 3), ("PASS_THROUGH", 4)]),
    ("pasid_entry_fspm", &[("LEVEL_4", 0), ("LEVEL_5", 1)]),
    ("inv_context_cache_g", &[("GLOBAL", 1), ("DOMAIN", 2), ("DEVICE", 3)]),
    ("inv_iotlb_g", &[("GLOBAL", 1), ("DOMAIN", 2), ("PAGE", 3)]),
    ("inv_pasid_iotlb_g", &[("PASID", 2), ("PAGE", 3)]),
    ("inv_pasid_cache_g", &[("DOMAIN", 0), ("PASID", 1), ("GLOBAL", 3)]),
    ("page_response_code", &[("SUCCESS", 0), ("INVALID", 1), ("FAILURE", 15)]),
    ("rtaddr_ttm", &[("LEGACY", 0), ("SCALABLE", 1), ("ABORT", 3)]),
];

/// Fault reasons, first and last of each run of codes.
pub(crate) const FAULT_REASONS: &[(i64, i64)] = &[
    (0x30, 0x32),
    (0x38, 0x3a),
    (0x40, 0x48),
    (0x50, 0x52),
    (0x58, 0x5d),
    (0x70, 0x77),
    (0x78, 0x7c),
    (0x80, 0x87),
    (0x90, 0x91),
];

/// A field as noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) name: String,
    /// High and low bit, counted from the first word, the high part first.
    pub(crate) parts: Vec<(u32, u32)>,
    pub(crate) address: bool,
    pub(crate) fixed: Option<u64>,
}

impl Fact {
    fn read(quadword: u32, text: &str) -> Self {
        let (text, fixed) = text.split_once(" = ").map_or((text, None), |(text, value)| (text, value.parse().ok()));
        let (name, bits) = text.split_once(' ').expect("a name and bits");
        let address = bits.starts_with('@');
        let number = |text: &str| quadword * 64 + text.parse::<u32>().expect("a number");
        let parts = bits.trim_start_matches('@').split('+').map(|part| {
            let (hi, lo) = part.split_once(':').unwrap_or((part, part));
            (number(hi), number(lo))
        });
        Self { name: name.to_owned(), parts: parts.collect(), address, fixed }
    }

    /// Its value, taken bit by bit.
    pub(crate) fn value(&self, words: &[u64]) -> u64 {
        let bit = |at: u32| words[(at / 64) as usize] >> (at % 64) & 1;
        if self.address {
            let (hi, lo) = self.parts[0];
            return (lo..=hi).fold(0, |value, at| value | bit(at) << (at % 64));
        }
        let bits = self.parts.iter().flat_map(|(hi, lo)| (*lo..=*hi).rev());
        bits.fold(0, |value, at| value << 1 | bit(at))
    }

    /// Which bits it has, word by word.
    pub(crate) fn mask(&self, words: usize) -> Vec<u64> {
        let mut mask = vec![0; words];
        for at in self.parts.iter().flat_map(|(hi, lo)| *lo..=*hi) {
            mask[(at / 64) as usize] |= 1 << (at % 64);
        }
        mask
    }
}

/// All that is written down of an item.
pub(crate) fn of(item: &str) -> Vec<Fact> {
    let tables = NOTED.iter().chain(REMEMBERED).filter(|(name, _)| *name == item);
    tables
        .flat_map(|(_, text)| {
            text.split('|')
                .zip(0..)
                .flat_map(|(words, at)| words.split(',').map(move |field| Fact::read(at, field.trim())))
        })
        .collect()
}
