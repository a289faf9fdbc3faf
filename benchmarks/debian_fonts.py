"""Fonts of Debian by name, each with its package and file."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("/usr/share/fonts")


@dataclass(frozen=True)
class Font:
    """A font: the package without its `fonts-`, and the file below /usr/share/fonts."""

    package: str
    file: str

    @property
    def path(self) -> Path:
        """Path of the file, if the package is installed."""
        return FOLDER / self.file


HANDWRITING = {
    "Because We Build": Font("bwht", "opentype/bwht/BecauseWeBuild-Regular.otf"),
    "Because We Connect": Font("bwht", "opentype/bwht/BecauseWeConnect-Regular.otf"),
    "Because We Learn": Font("bwht", "opentype/bwht/BecauseWeLearn-Regular.otf"),
    "Because We Organize": Font("bwht", "opentype/bwht/BecauseWeOrganize-Regular.otf"),
    "Breip": Font("breip", "truetype/breip/Breip.ttf"),
    "Chilanka": Font("smc-chilanka", "opentype/malayalam/Chilanka-Regular.otf"),
    "Dancing Script": Font("dancingscript", "opentype/dancingscript/DancingScript-Regular.otf"),
    "Delphine": Font("sjfonts", "truetype/sjfonts/Delphine.ttf"),
    "dkg": Font("dkg-handwriting", "truetype/fifthhorseman/dkg.ttf"),
    "Domestic Manners": Font("dustin", "truetype/dustin/Domestic_Manners.ttf"),
    "Ecolier court": Font("ecolier-court", "truetype/ecolier-court/Ecolier-court.ttf"),
    "El Abogado Loco": Font("dustin", "truetype/dustin/El_Abogado_Loco.ttf"),
    "femkeklaver": Font("femkeklaver", "truetype/femkeklaver/femkeklaver.ttf"),
    "Humor Sans": Font("humor-sans", "truetype/humor-sans/Humor-Sans.ttf"),
    "Isabella": Font("isabella", "truetype/isabella/Isabella.ttf"),
    "Joscelyn": Font("joscelyn", "opentype/joscelyn/Joscelyn-Regular.otf"),
    "Kaushan Script": Font("kaushanscript", "opentype/kaushanscript/KaushanScript-Regular.otf"),
    "Kristi": Font("kristi", "truetype/kristi/Kristi.ttf"),
    "Nanum Brush": Font("nanum-extra", "truetype/nanum/NanumBrush.ttf"),
    "Nanum Pen": Font("nanum-extra", "truetype/nanum/NanumPen.ttf"),
    "Purisa": Font("tlwg-purisa-ttf", "truetype/tlwg/Purisa.ttf"),
    "Rufscript": Font("rufscript", "truetype/rufscript/Rufscript010.ttf"),
    "Seto": Font("seto", "truetype/seto/setofont.ttf"),
    "Tomson Talks": Font("tomsontalks", "truetype/tomsontalks/TomsonTalks.ttf"),
    "Yusei Magic": Font("yusei-magic", "truetype/yusei-magic/YuseiMagic-Regular.ttf"),
    "Z003": Font("urw-base35", "opentype/urw-base35/Z003-MediumItalic.otf"),
}
PRINT = {
    "Andika": Font("sil-andika", "truetype/andika/Andika-Regular.ttf"),
    "Averia Sans": Font("averia-sans-gwf", "truetype/averia-gwf/AveriaSansGWF-Regular.ttf"),
    "Comfortaa": Font("comfortaa", "truetype/comfortaa/Comfortaa-Regular.ttf"),
    "Courier Prime": Font("courier-prime", "opentype/courier-prime/Courier Prime.otf"),
    "EB Garamond": Font("ebgaramond", "opentype/ebgaramond/EBGaramond12-Regular.otf"),
    "Essays 1743": Font("essays1743", "truetype/essays1743/Essays1743.ttf"),
    "Inconsolata": Font("inconsolata", "truetype/inconsolata/Inconsolata.otf"),
    "Liberation Sans": Font("liberation", "truetype/liberation/LiberationSans-Regular.ttf"),
    "Liberation Serif": Font("liberation", "truetype/liberation/LiberationSerif-Regular.ttf"),
    "Old Standard": Font("oldstandard", "truetype/fonts-oldstandard/OldStandard-Regular.ttf"),
    "Prociono": Font("prociono", "opentype/fonts-prociono/Prociono.otf"),
    "Vollkorn": Font("vollkorn", "truetype/vollkorn/Vollkorn-Regular.ttf"),
}
# The preparation was tuned on these, so the documents report no figures for them.
TUNING = {
    "Because We Create": Font("bwht", "opentype/bwht/BecauseWeCreate-Regular.otf"),
    "Because We Mentor": Font("bwht", "opentype/bwht/BecauseWeMentor-Regular.otf"),
    "C059": Font("urw-base35", "opentype/urw-base35/C059-Roman.otf"),
    "Caliban": Font("georgewilliams", "truetype/fonts-georgewilliams/Caliban.ttf"),
    "Cherry Bomb": Font("cherrybomb", "opentype/cherrybomb/CherryBomb-Regular.otf"),
    "Comic Neue": Font("comic-neue", "opentype/comic-neue/ComicNeue-Regular.otf"),
    "Cupola": Font("georgewilliams", "truetype/fonts-georgewilliams/Cupola.ttf"),
    "DejaVu Sans": Font("dejavu-core", "truetype/dejavu/DejaVuSans.ttf"),
    "DejaVu Serif": Font("dejavu-core", "truetype/dejavu/DejaVuSerif.ttf"),
    "Kiloji": Font("kiloji", "truetype/kiloji/kiloji.ttf"),
    "Klaudia": Font("klaudia-berenika", "truetype/klaudia-berenika/Klaudia.ttf"),
    "Klee": Font("klee", "truetype/klee/KleeOne-Regular.ttf"),
    "Lato Hairline": Font("lato", "truetype/lato/Lato-Hairline.ttf"),
    "Lato Light": Font("lato", "truetype/lato/Lato-Light.ttf"),
    "Leckerli": Font("leckerli-one", "truetype/leckerli-one/LeckerliOne-Regular.ttf"),
    "Lobster Two": Font("lobstertwo", "opentype/lobstertwo/LobsterTwo-Regular.otf"),
    "LXGW WenKai": Font("lxgw-wenkai", "truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf"),
    "Nanum Barun Pen": Font("nanum-extra", "truetype/nanum/NanumBarunpenR.ttf"),
    "Stay Puft": Font("staypuft", "truetype/staypuft/StayPuft.ttf"),
    "Steve": Font("sjfonts", "truetype/sjfonts/SteveHand.ttf"),
    "Summersby": Font("summersby", "truetype/summersby/summersby.ttf"),
}
