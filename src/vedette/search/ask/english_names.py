"""First names, and common words of English that no typing error is made of."""

from typing import Final

NAMES: Final = (
    "alice bob carol dave eve mallory trent peggy john jane james mary robert patricia michael jennifer david linda william "
    "elizabeth richard barbara joseph susan thomas jessica charles sarah chris daniel nancy matthew lisa anthony mark betty paul "
    "steven sandra andrew ashley kevin emily brian donna george michelle kate tim tom ben sam max anna ana maria jose carlos juan "
    "luis pedro sofia klaus hans peter karl fritz jan lena julia laura sabine petra stefan andreas martin markus jens uwe olaf "
    "pierre jean marie sophie luc marco luca giulia ivan olga dmitri sergey natasha wei li ming yuki hiro kenji raj priya amit "
    "sanjay ahmed ali fatima omar mohammed lars sven erik nina emma oliver jack harry charlie noah liam ella mia leo felix paula "
    "erin dora nora gina tina ruth rose ivy amy kim lee pam sally wendy ursula yvonne xavier tyler sean ian neil keith craig derek alan "
    "bruce carl dennis doug earl fred glen hugo ivor karen kyle lance leon lloyd marcel mario miguel monica naomi norbert otto pablo "
    "rachel raul rita roger rosa rudolf samir sergio silvia simon tanja tobias ulrike vera viktor walter werner wilhelm yusuf zara "
    "greg phil jim joe jeff scott ryan adam eric frank gary henry jerry ken larry mike nick oscar rick steve ted tony victor zoe"
)  # fmt: skip
COMMON: Final = (
    "api learning prompt room driver drivers key instructions while where there their would could should about above after again against almost alone along already although always among "
    "another anyway around asked asking because become before began begin behind being below better between beyond bring brought "
    "built carry catch cause certain change chance check clear close comes common could course cover cross doing doubt early "
    "eight either enough entered entire even evening everyone exact except expect extra face fact fair fall family fast father "
    "feel field fight final fine fire five floor food force found four free front full fully game general girl given gives glass "
    "goes gone good great green ground group grow guess half hand hands happy hard hate head hear heard heart heavy held help "
    "here himself hold home hope horse hour house however human idea image important indeed instead issue items itself keeps kept "
    "kind knew knows large later laugh learn least leave legal less level light like likely line little live lives living local "
    "long longer looks lose lost love main major makes making many matter maybe mean means might mind minor money month more most "
    "mother mouth move much music must myself name near nearly need needs never night north nothing number object offer often "
    "older once open orange order other others paper part party pass past peace people perhaps piece place plan plant play point "
    "power press pretty probably pull push quick quiet quite raise range rather reach ready really reason remember right river "
    "round sale school second seems sense serve seven several shall shape share sharp short shows side sight simple since sing "
    "sister sleep slow small smile social soft sold some sound south space speak spend spoke stand state stay steps still stolen "
    "stone store story strong study style sugar summer sure table takes taken talks tall taste taught thank these think third "
    "those though three threw throw times tired today together tools touch toward town trade tree trees trips trouble true trust truth "
    "turn under "
    "understand until upon usual value very visit voice wait walk wall warm watch water wear week well went west what wheel when "
    "which while white whole whose wide wife wild wind window wish woman women wonder wood word words world worry worse worth "
    "form care cares write wrong wrote year years yellow young blogs attach attached attaching returns returned expire expires"
)
"""Words that are themselves, however near they come to one that is known."""
