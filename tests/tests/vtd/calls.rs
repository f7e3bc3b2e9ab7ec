//! Every getter and setter of the generated Rust, as functions over words. Here are names alone; the tests say which
//! are missing.

use argsz_linux::vtd::*;

/// A field of the generated Rust.
pub(crate) struct Call {
    /// Names in the schema.
    pub(crate) item: &'static str,
    pub(crate) field: &'static str,
    pub(crate) words: usize,
    pub(crate) width: u32,
    pub(crate) get: fn(&[u64]) -> u64,
    pub(crate) set: fn(&[u64], u64) -> Vec<u64>,
    pub(crate) debug: fn(&[u64]) -> String,
}

/// A value of a field, as a number.
trait Raw {
    fn raw(self) -> u64;
    fn of(raw: u64) -> Self;
}

macro_rules! numbers {
    ($($ty:ty)*) => { $(
        #[allow(clippy::cast_possible_truncation, clippy::cast_lossless, reason = "what does not fit is cut")]
        impl Raw for $ty {
            fn raw(self) -> u64 { self as u64 }
            fn of(raw: u64) -> Self { raw as $ty }
        }
    )* };
}

macro_rules! enums {
    ($($ty:ident)*) => { $(
        impl Raw for $ty {
            fn raw(self) -> u64 { self.0.raw() }
            fn of(raw: u64) -> Self { Self(Raw::of(raw)) }
        }
    )* };
}

impl Raw for bool {
    fn raw(self) -> u64 {
        u64::from(self)
    }

    fn of(raw: u64) -> Self {
        raw & 1 == 1
    }
}

numbers!(u8 u16 u32 u64);
enums!(PasidEntryAw PasidEntryPgtt PasidEntryFspm InvType InvContextCacheG InvIotlbG InvPasidIotlbG InvPasidCacheG);
enums!(PageResponseCode FaultReason RtaddrTtm);

fn words<T: Raw, const N: usize>(words: &[u64]) -> [T; N] {
    std::array::from_fn(|at| T::of(words[at]))
}

macro_rules! calls {
    ($($ty:ident $item:literal $word:ident $count:literal: $($get:ident $with:ident $field:literal),*;)*) => {
        pub(crate) const ALL: &[Call] = &[$($(Call {
            item: $item,
            field: $field,
            words: $count,
            width: $word::BITS,
            get: |from| $ty::from_words(words::<$word, $count>(from)).$get().raw(),
            set: |from, value| {
                let changed = $ty::from_words(words::<$word, $count>(from)).$with(Raw::of(value));
                changed.words().into_iter().map(Raw::raw).collect()
            },
            debug: |from| format!("{:?}", $ty::from_words(words::<$word, $count>(from))),
        },)*)*];
    };
}

calls! {
    RootEntry "root_entry" u64 2: lp with_lp "lp", lctp with_lctp "lctp", up with_up "up", uctp with_uctp "uctp";
    ContextEntry "context_entry" u64 4: p with_p "p", fpd with_fpd "fpd", dte with_dte "dte",
        paside with_paside "paside", pre with_pre "pre", pdts with_pdts "pdts", dirptr with_dirptr "dirptr",
        rid_pasid with_rid_pasid "rid_pasid", rid_priv with_rid_priv "rid_priv";
    PasidDirEntry "pasid_dir_entry" u64 1: p with_p "p", fpd with_fpd "fpd", tblptr with_tblptr "tblptr";
    PasidEntry "pasid_entry" u64 8: p with_p "p", fpd with_fpd "fpd", aw with_aw "aw", pgtt with_pgtt "pgtt",
        ssade with_ssade "ssade", ssptr with_ssptr "ssptr", did with_did "did", pwsnp with_pwsnp "pwsnp",
        pgsnp with_pgsnp "pgsnp", cd with_cd "cd", emte with_emte "emte", emt with_emt "emt", pwt with_pwt "pwt",
        pcd with_pcd "pcd", pat with_pat "pat", sre with_sre "sre", ere with_ere "ere", fspm with_fspm "fspm",
        wpe with_wpe "wpe", eafe with_eafe "eafe", fsptr with_fsptr "fsptr";
    FirstStageEntry "first_stage_entry" u64 1: p with_p "p", rw with_rw "rw", us with_us "us", pwt with_pwt "pwt",
        pcd with_pcd "pcd", a with_a "a", d with_d "d", ps with_ps "ps", ea with_ea "ea", addr with_addr "addr",
        xd with_xd "xd";
    SecondStageEntry "second_stage_entry" u64 1: r with_r "r", w with_w "w", ps with_ps "ps", a with_a "a",
        d with_d "d", snp with_snp "snp", addr with_addr "addr";
    InvDescriptor "inv_descriptor" u64 2: kind with_kind "type";
    InvContextCache "inv_context_cache" u64 2: kind with_kind "type", g with_g "g", did with_did "did",
        sid with_sid "sid", fm with_fm "fm";
    InvIotlb "inv_iotlb" u64 2: kind with_kind "type", g with_g "g", dw with_dw "dw", dr with_dr "dr",
        did with_did "did", am with_am "am", ih with_ih "ih", addr with_addr "addr";
    InvDeviceTlb "inv_device_tlb" u64 2: kind with_kind "type", pfsid with_pfsid "pfsid", qdep with_qdep "qdep",
        sid with_sid "sid", s with_s "s", addr with_addr "addr";
    InvWait "inv_wait" u64 2: kind with_kind "type", intr with_intr "if", sw with_sw "sw", fence with_fence "fn",
        pd with_pd "pd", status_data with_status_data "status_data", status_addr with_status_addr "status_addr";
    InvPasidIotlb "inv_pasid_iotlb" u64 2: kind with_kind "type", g with_g "g", did with_did "did",
        pasid with_pasid "pasid", am with_am "am", ih with_ih "ih", addr with_addr "addr";
    InvPasidCache "inv_pasid_cache" u64 2: kind with_kind "type", g with_g "g", did with_did "did",
        pasid with_pasid "pasid";
    InvPasidDeviceTlb "inv_pasid_device_tlb" u64 2: kind with_kind "type", qdep with_qdep "qdep",
        pfsid with_pfsid "pfsid", sid with_sid "sid", pasid with_pasid "pasid", g with_g "g", s with_s "s",
        addr with_addr "addr";
    PageGroupResponse "page_group_response" u64 4: kind with_kind "type", pp with_pp "pp", pdp with_pdp "pdp",
        code with_code "code", rid with_rid "rid", pasid with_pasid "pasid", lpig with_lpig "lpig",
        prgi with_prgi "prgi", private_0 with_private_0 "private_0", private_1 with_private_1 "private_1";
    PageRequest "page_request" u64 4: kind with_kind "type", pp with_pp "pp", pdp with_pdp "pdp", rid with_rid "rid",
        pasid with_pasid "pasid", exe with_exe "exe", privileged with_privileged "priv", rd with_rd "rd",
        wr with_wr "wr", lpig with_lpig "lpig", prgi with_prgi "prgi", addr with_addr "addr",
        private_0 with_private_0 "private_0", private_1 with_private_1 "private_1";
    FaultRecord "fault_record" u64 2: fi with_fi "fi", sid with_sid "sid", t2 with_t2 "t2",
        privileged with_privileged "priv", exe with_exe "exe", pp with_pp "pp", fr with_fr "fr", pv with_pv "pv",
        at with_at "at", t with_t "t", f with_f "f";
    Ver "ver" u32 1: min with_min "min", max with_max "max";
    Cap "cap" u64 1: nd with_nd "nd", afl with_afl "afl", rwbf with_rwbf "rwbf", plmr with_plmr "plmr",
        phmr with_phmr "phmr", cm with_cm "cm", sagaw with_sagaw "sagaw", mgaw with_mgaw "mgaw", zlr with_zlr "zlr",
        fro with_fro "fro", sslps with_sslps "sslps", psi with_psi "psi", nfr with_nfr "nfr", mamv with_mamv "mamv",
        dwd with_dwd "dwd", drd with_drd "drd", fl1gp with_fl1gp "fl1gp", pi with_pi "pi", fl5lp with_fl5lp "fl5lp",
        esirtps with_esirtps "esirtps", esrtps with_esrtps "esrtps";
    Ecap "ecap" u64 1: c with_c "c", qi with_qi "qi", dt with_dt "dt", ir with_ir "ir", eim with_eim "eim",
        pt with_pt "pt", sc with_sc "sc", iro with_iro "iro", mhmv with_mhmv "mhmv", mts with_mts "mts",
        nest with_nest "nest", prs with_prs "prs", ers with_ers "ers", srs with_srs "srs", nwfs with_nwfs "nwfs",
        eafs with_eafs "eafs", pss with_pss "pss", pasid with_pasid "pasid", dit with_dit "dit", pds with_pds "pds",
        smts with_smts "smts", vcs with_vcs "vcs", slads with_slads "slads", slts with_slts "slts",
        flts with_flts "flts", smpwc with_smpwc "smpwc", rps with_rps "rps";
    Gcmd "gcmd" u32 1: cfi with_cfi "cfi", sirtp with_sirtp "sirtp", ire with_ire "ire", qie with_qie "qie",
        wbf with_wbf "wbf", eafl with_eafl "eafl", sfl with_sfl "sfl", srtp with_srtp "srtp", te with_te "te";
    Gsts "gsts" u32 1: cfis with_cfis "cfis", irtps with_irtps "irtps", ires with_ires "ires", qies with_qies "qies",
        wbfs with_wbfs "wbfs", afls with_afls "afls", fls with_fls "fls", rtps with_rtps "rtps", tes with_tes "tes";
    Rtaddr "rtaddr" u64 1: ttm with_ttm "ttm", rta with_rta "rta";
    Fsts "fsts" u32 1: pfo with_pfo "pfo", ppf with_ppf "ppf", afo with_afo "afo", apf with_apf "apf",
        iqe with_iqe "iqe", ice with_ice "ice", ite with_ite "ite", pro with_pro "pro", fri with_fri "fri";
    Fectl "fectl" u32 1: ip with_ip "ip", im with_im "im";
    Iqh "iqh" u64 1: qh with_qh "qh";
    Iqt "iqt" u64 1: qt with_qt "qt";
    Iqa "iqa" u64 1: qs with_qs "qs", dw with_dw "dw", iqa with_iqa "iqa";
    Ics "ics" u32 1: iwc with_iwc "iwc";
    Iectl "iectl" u32 1: ip with_ip "ip", im with_im "im";
    Iqercd "iqercd" u64 1: iqei with_iqei "iqei", itesid with_itesid "itesid", icesid with_icesid "icesid";
    Pqh "pqh" u64 1: pqh with_pqh "pqh";
    Pqt "pqt" u64 1: pqt with_pqt "pqt";
    Pqa "pqa" u64 1: pqs with_pqs "pqs", pqa with_pqa "pqa";
    Prs "prs" u32 1: ppr with_ppr "ppr", pro with_pro "pro";
    Pectl "pectl" u32 1: ip with_ip "ip", im with_im "im";
}
