#include "eval/paper_tables.h"

namespace anomalyclip::trainer {

const char* const kPaperTables =
    R"csv(table,data set,class,metric,clip,clip-ac,winclip,vand,coop,anomalyclip
1,MVTec AD,mean,image_auroc,74.1,71.5,91.8,86.1,88.8,91.5
1,MVTec AD,mean,image_ap,87.6,86.4,96.5,93.5,94.8,96.2
1,VisA,mean,image_auroc,66.4,65.0,78.1,78.0,62.8,82.1
1,VisA,mean,image_ap,71.5,70.1,81.2,81.4,68.1,85.4
1,MPDD,mean,image_auroc,54.3,56.2,63.6,73.0,55.1,77.0
1,MPDD,mean,image_ap,65.4,66.0,69.9,80.2,64.2,82.0
1,BTAD,mean,image_auroc,34.5,51.0,68.2,73.6,66.8,88.3
1,BTAD,mean,image_ap,52.5,62.1,70.9,68.6,77.4,87.3
1,SDD,mean,image_auroc,65.7,65.2,84.3,79.8,74.9,84.7
1,SDD,mean,image_ap,45.2,45.7,77.4,71.4,65.1,80.0
1,DAGM,mean,image_auroc,79.6,82.5,91.8,94.4,87.5,97.5
1,DAGM,mean,image_ap,59.0,63.7,79.5,83.8,74.6,92.3
1,DTD-Synthetic,mean,image_auroc,71.6,66.8,93.2,86.4,,93.5
1,DTD-Synthetic,mean,image_ap,85.7,83.2,92.6,95.0,,97.0
1,MVTec AD,mean,pixel_auroc,38.4,38.2,85.1,87.6,33.3,91.1
1,MVTec AD,mean,aupro,11.3,11.6,64.6,44.0,6.7,81.4
1,VisA,mean,pixel_auroc,46.6,47.8,79.6,94.2,24.2,95.5
1,VisA,mean,aupro,14.8,17.3,56.8,86.8,3.8,87.0
1,MPDD,mean,pixel_auroc,62.1,58.7,76.4,94.1,15.4,96.5
1,MPDD,mean,aupro,33.0,29.1,48.9,83.2,2.3,88.7
1,BTAD,mean,pixel_auroc,30.6,32.8,72.7,60.8,28.6,94.2
1,BTAD,mean,aupro,4.4,8.3,27.3,25.0,3.8,74.8
1,SDD,mean,pixel_auroc,39.0,32.5,68.8,79.8,28.9,90.6
1,SDD,mean,aupro,8.9,5.8,24.2,65.1,7.1,67.8
1,DAGM,mean,pixel_auroc,28.2,32.7,87.6,82.4,17.5,95.6
1,DAGM,mean,aupro,2.9,4.8,65.7,66.2,2.1,91.0
1,DTD-Synthetic,mean,pixel_auroc,33.9,23.7,83.9,95.3,,97.9
1,DTD-Synthetic,mean,aupro,12.5,5.5,57.8,86.9,,92.3
2,HeadCT,mean,image_auroc,56.5,60.0,81.8,89.1,78.4,93.4
2,HeadCT,mean,image_ap,58.4,60.7,80.2,89.4,78.8,91.6
2,BrainMRI,mean,image_auroc,73.9,80.6,86.6,89.3,61.3,90.3
2,BrainMRI,mean,image_ap,81.7,86.4,91.5,90.9,44.9,92.2
2,Br35H,mean,image_auroc,78.4,82.7,80.5,93.1,86.0,94.6
2,Br35H,mean,image_ap,78.8,81.3,82.2,92.9,87.5,94.7
2,COVID-19,mean,image_auroc,73.7,75.0,66.4,15.5,25.3,80.1
2,COVID-19,mean,image_ap,42.4,45.9,42.9,8.5,9.2,58.7
2,ISIC,mean,pixel_auroc,33.1,36.0,83.3,89.4,51.7,89.7
2,ISIC,mean,aupro,5.8,7.7,55.1,77.2,15.9,78.4
2,CVC-ColonDB,mean,pixel_auroc,49.5,49.5,70.3,78.4,40.5,81.9
2,CVC-ColonDB,mean,aupro,15.8,11.5,32.5,64.6,2.6,71.3
2,CVC-ClinicDB,mean,pixel_auroc,47.5,48.5,51.2,80.5,34.8,82.9
2,CVC-ClinicDB,mean,aupro,18.9,12.6,13.8,60.7,2.4,67.8
2,Kvasir,mean,pixel_auroc,44.6,45.0,69.7,75.0,44.1,78.9
2,Kvasir,mean,aupro,17.7,16.8,24.5,36.2,3.5,45.6
2,Endo,mean,pixel_auroc,45.2,46.6,68.2,81.9,40.6,84.1
2,Endo,mean,aupro,15.9,12.6,28.3,54.9,3.9,63.6
2,TN3K,mean,pixel_auroc,42.3,35.6,70.7,73.6,34.0,81.5
2,TN3K,mean,aupro,7.3,5.2,39.8,37.8,9.5,50.4
15,MVTec AD,carpet,pixel_auroc,11.5,10.7,95.4,98.4,6.7,98.8
15,MVTec AD,bottle,pixel_auroc,17.5,23.3,89.5,83.4,23.1,90.4
15,MVTec AD,hazelnut,pixel_auroc,25.2,34.0,94.3,96.1,30.2,97.1
15,MVTec AD,leather,pixel_auroc,9.9,5.6,96.7,99.1,11.7,98.6
15,MVTec AD,cable,pixel_auroc,37.4,37.5,77.0,72.3,49.7,78.9
15,MVTec AD,capsule,pixel_auroc,50.9,49.1,86.9,92.0,35.5,95.8
15,MVTec AD,grid,pixel_auroc,8.7,11.9,82.2,95.8,7.8,97.3
15,MVTec AD,pill,pixel_auroc,55.8,60.8,80.0,76.2,46.5,92
15,MVTec AD,transistor,pixel_auroc,51.1,48.5,74.7,62.4,50.1,71
15,MVTec AD,metal_nut,pixel_auroc,43.9,53.6,61.0,65.4,49.3,74.4
15,MVTec AD,screw,pixel_auroc,80.1,76.4,89.6,97.8,17.0,97.5
15,MVTec AD,toothbrush,pixel_auroc,36.3,35.0,86.9,95.8,64.9,91.9
15,MVTec AD,zipper,pixel_auroc,51.5,44.7,91.6,91.1,33.4,91.4
15,MVTec AD,tile,pixel_auroc,49.9,39.1,77.6,92.7,41.7,94.6
15,MVTec AD,wood,pixel_auroc,45.7,42.4,93.4,95.8,31.4,96.5
16,MVTec AD,carpet,aupro,2.9,1.9,84.1,48.5,0.5,90.1
16,MVTec AD,bottle,aupro,1.4,4.9,76.4,45.6,4.5,80.9
16,MVTec AD,hazelnut,aupro,2.8,9.4,81.6,70.3,4.7,92.4
16,MVTec AD,leather,aupro,0.2,0.0,91.1,72.4,1.8,92.2
16,MVTec AD,cable,aupro,7.3,6.9,42.9,25.7,12.2,64.4
16,MVTec AD,capsule,aupro,13.2,14.9,62.1,51.3,5.7,87.2
16,MVTec AD,grid,aupro,0.9,2.4,57.0,31.6,1.0,75.6
16,MVTec AD,pill,aupro,6.0,8.2,65.0,65.4,3.2,88.2
16,MVTec AD,transistor,aupro,15.3,11.2,43.4,21.3,9.3,58.1
16,MVTec AD,metal_nut,aupro,2.9,10.3,31.8,38.4,7.0,71.0
16,MVTec AD,screw,aupro,57.8,56.2,68.5,67.1,6.4,88.0
16,MVTec AD,toothbrush,aupro,5.8,5.2,67.7,54.5,16.6,88.5
16,MVTec AD,zipper,aupro,17.7,15.2,71.7,10.7,11.6,65.3
16,MVTec AD,tile,aupro,21.5,16.3,51.2,26.7,10.1,87.6
16,MVTec AD,wood,aupro,13.7,10.3,74.1,31.1,5.1,91.2
17,MVTec AD,carpet,image_auroc,96,93.1,100.0,99.5,99.9,100.0
17,MVTec AD,bottle,image_auroc,45.9,46.1,99.2,92.0,87.7,89.3
17,MVTec AD,hazelnut,image_auroc,88.7,91.1,93.9,89.6,93.5,97.2
17,MVTec AD,leather,image_auroc,99.4,99.5,100.0,99.7,99.9,99.8
17,MVTec AD,cable,image_auroc,58.1,46.6,86.5,88.4,56.7,69.8
17,MVTec AD,capsule,image_auroc,71.4,68.8,72.9,79.9,81.1,89.9
17,MVTec AD,grid,image_auroc,72.5,63.7,98.8,86.3,94.7,97.0
17,MVTec AD,pill,image_auroc,73.6,73.8,79.1,80.5,78.6,81.8
17,MVTec AD,transistor,image_auroc,48.8,51.2,88.0,80.8,92.2,92.8
17,MVTec AD,metal_nut,image_auroc,62.8,63.4,97.1,68.4,85.3,93.6
17,MVTec AD,screw,image_auroc,78.2,66.7,83.3,84.9,88.9,81.1
17,MVTec AD,toothbrush,image_auroc,73.3,89.2,88.0,53.8,77.5,84.7
17,MVTec AD,zipper,image_auroc,60.1,36.1,91.5,89.6,98.8,98.5
17,MVTec AD,tile,image_auroc,88.5,89.0,100.0,99.9,99.7,100.0
17,MVTec AD,wood,image_auroc,94,94.9,99.4,99.0,97.7,96.8
18,MVTec AD,carpet,image_ap,98.8,97.8,100.0,99.8,100.0,100.0
18,MVTec AD,bottle,image_ap,78.9,79.8,99.8,97.7,96.4,97.0
18,MVTec AD,hazelnut,image_ap,94.6,95.9,96.9,94.8,96.7,98.6
18,MVTec AD,leather,image_ap,99.8,99.8,100.0,99.9,100.0,99.9
18,MVTec AD,cable,image_ap,70.8,64.3,91.2,93.1,69.4,81.4
18,MVTec AD,capsule,image_ap,92.1,90.9,91.5,95.5,95.7,97.9
18,MVTec AD,grid,image_ap,87.1,83.9,99.6,94.9,98.1,99.1
18,MVTec AD,pill,image_ap,93.4,93.6,95.7,96.0,94.2,95.4
18,MVTec AD,transistor,image_ap,48.1,49.9,87.1,77.5,90.2,90.6
18,MVTec AD,metal_nut,image_ap,87.7,89.2,99.3,91.9,96.3,98.5
18,MVTec AD,screw,image_ap,91.4,86.6,93.1,93.6,96.2,92.5
18,MVTec AD,toothbrush,image_ap,90.7,96.0,95.6,71.5,90.4,93.7
18,MVTec AD,zipper,image_ap,87.4,73.9,97.5,97.1,99.7,99.6
18,MVTec AD,tile,image_ap,95.9,96.2,100.0,100.0,99.9,100.0
18,MVTec AD,wood,image_ap,97.9,98.3,99.8,99.7,99.4,99.2
19,VisA,candle,pixel_auroc,33.6,50.0,88.9,97.8,16.3,98.8
19,VisA,capsules,pixel_auroc,56.8,61.5,81.6,97.5,47.5,95.0
19,VisA,cashew,pixel_auroc,64.5,62.5,84.7,86.0,32.5,93.8
19,VisA,chewinggum,pixel_auroc,43.0,56.5,93.3,99.5,3.4,99.3
19,VisA,fryum,pixel_auroc,45.6,62.7,88.5,92.0,21.7,94.6
19,VisA,macaroni1,pixel_auroc,20.3,22.9,70.9,98.8,36.8,98.3
19,VisA,macaroni2,pixel_auroc,37.7,28.8,59.3,97.8,27.5,97.6
19,VisA,pcb1,pixel_auroc,57.8,51.6,61.2,92.7,19.8,94.1
19,VisA,pcb2,pixel_auroc,34.7,38.4,71.6,89.7,22.9,92.4
19,VisA,pcb3,pixel_auroc,54.6,44.6,85.3,88.4,18.0,88.4
19,VisA,pcb4,pixel_auroc,52.1,49.9,94.4,94.6,14.0,95.7
19,VisA,pipe_fryum,pixel_auroc,58.7,44.7,75.4,96.0,29.2,98.2
20,VisA,candle,aupro,3.6,6.0,83.5,92.5,1.1,96.2
20,VisA,capsules,aupro,15.8,22.4,35.3,86.7,18.4,78.5
20,VisA,cashew,aupro,9.6,10.9,76.4,91.7,1.7,91.6
20,VisA,chewinggum,aupro,17.8,30.2,70.4,87.3,0.1,91.2
20,VisA,fryum,aupro,12.1,29.3,77.4,89.7,2.6,86.8
20,VisA,macaroni1,aupro,8.1,13.4,34.3,93.2,18.1,89.8
20,VisA,macaroni2,aupro,20.9,18.4,21.4,82.3,2.7,84.2
20,VisA,pcb1,aupro,11.7,12.5,26.3,87.5,0.1,81.7
20,VisA,pcb2,aupro,12.8,13.9,37.2,75.6,0.7,78.9
20,VisA,pcb3,aupro,31.7,23.6,56.1,77.8,0.0,77.1
20,VisA,pcb4,aupro,17.1,20.3,80.4,86.8,0.0,91.3
20,VisA,pipe_fryum,aupro,16.7,6.0,82.3,90.9,0.6,96.8
21,VisA,candle,image_auroc,37.9,33.0,95.4,83.8,46.2,79.3
21,VisA,capsules,image_auroc,69.7,75.3,85.0,61.2,77.2,81.5
21,VisA,cashew,image_auroc,69.1,72.7,92.1,87.3,75.7,76.3
21,VisA,chewinggum,image_auroc,77.5,76.9,96.5,96.4,84.9,97.4
21,VisA,fryum,image_auroc,67.2,60.9,80.3,94.3,80.0,93.0
21,VisA,macaroni1,image_auroc,64.4,67.4,76.2,71.6,53.6,87.2
21,VisA,macaroni2,image_auroc,65,65.7,63.7,64.6,66.5,73.4
21,VisA,pcb1,image_auroc,54.9,43.9,73.6,53.4,24.7,85.4
21,VisA,pcb2,image_auroc,62.6,59.5,51.2,71.8,44.6,62.2
21,VisA,pcb3,image_auroc,52.2,49.0,73.4,66.8,54.4,62.7
21,VisA,pcb4,image_auroc,87.7,89.0,79.6,95.0,66.0,93.9
21,VisA,pipe_fryum,image_auroc,88.8,86.4,69.7,89.9,80.1,92.4
22,VisA,candle,image_ap,42.9,40.0,95.8,86.9,52.9,81.1
22,VisA,capsules,image_ap,81.0,84.3,90.9,74.3,85.3,88.7
22,VisA,cashew,image_ap,83.4,86.1,96.4,94.1,87.1,89.4
22,VisA,chewinggum,image_ap,90.4,90.2,98.6,98.4,93.1,98.9
22,VisA,fryum,image_ap,82.0,76.6,90.1,97.2,90.2,96.8
22,VisA,macaroni1,image_ap,56.8,58.7,75.8,70.9,52.3,86.0
22,VisA,macaroni2,image_ap,65.0,65.8,60.3,63.2,62.2,72.1
22,VisA,pcb1,image_ap,56.9,48.4,78.4,57.2,36.0,87.0
22,VisA,pcb2,image_ap,63.2,59.8,49.2,73.8,47.3,64.3
22,VisA,pcb3,image_ap,53.0,47.6,76.5,70.7,54.8,70.0
22,VisA,pcb4,image_ap,88.0,90.6,77.7,95.1,66.3,94.4
22,VisA,pipe_fryum,image_ap,94.6,93.7,82.3,94.8,89.7,96.3
23,MPDD,bracket_black,pixel_auroc,85.3,86.4,57.8,96.3,9.3,95.7
23,MPDD,bracket_brown,pixel_auroc,26.9,31.5,72.2,86.2,20.2,94.4
23,MPDD,bracket_white,pixel_auroc,83.5,77.4,79.5,99.0,8.3,99.8
23,MPDD,connector,pixel_auroc,56.5,52.9,79.0,90.6,7.6,97.2
23,MPDD,metal_plate,pixel_auroc,64.3,52.5,92.6,93.1,14.1,93.8
23,MPDD,tubes,pixel_auroc,56.4,51.5,77.6,99.1,33.2,98.1
24,MPDD,bracket_black,aupro,62.6,58.9,43,89.7,1.5,85.2
24,MPDD,bracket_brown,aupro,2.8,4.0,25.0,70.3,0.4,77.7
24,MPDD,bracket_white,aupro,47.9,41.6,57.6,93.1,0.0,98.8
24,MPDD,connector,aupro,22.8,20.2,44.6,74.5,0.0,89.8
24,MPDD,metal_plate,aupro,31.5,27.0,78.2,74.5,0.2,86.9
24,MPDD,tubes,aupro,30.4,22.9,44.7,96.9,11.5,93.6
25,MPDD,bracket_black,image_auroc,32.4,32.8,41.5,66.1,36.9,67.3
25,MPDD,bracket_brown,image_auroc,50.9,57.9,48.6,64.0,43.9,62.2
25,MPDD,bracket_white,image_auroc,45.4,42.6,40.2,79.6,48.9,64.9
25,MPDD,connector,image_auroc,75,76.2,79.3,78.8,38.3,86.9
25,MPDD,metal_plate,image_auroc,34.9,54.8,93.4,53.8,77.0,85.2
25,MPDD,tubes,image_auroc,87.3,72.8,78.7,95.9,85.4,95.5
26,MPDD,bracket_black,image_ap,47.8,48.6,56.9,71.7,50.0,72.9
26,MPDD,bracket_brown,image_ap,66.2,72.0,69.5,79.0,65.7,80.8
26,MPDD,bracket_white,image_ap,51.2,47.3,45.1,82.3,57.5,68.5
26,MPDD,connector,image_ap,62.2,61.4,61.3,71.8,26.4,76.8
26,MPDD,metal_plate,image_ap,70.6,78.5,97.6,78.3,92.0,94.7
26,MPDD,tubes,image_ap,94.4,88.2,89.1,98.1,93.6,98.1
)csv";

}  // namespace anomalyclip::trainer
